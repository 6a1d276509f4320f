#pragma once

#include "core/archive/reader.h"

#include <optional>

namespace archive {

/// Opens an archive of ours by its footer and TOC. Nothing when there is no sound footer and TOC
/// (then it may be a cut one, or none of ours); an error when it is one and must not or cannot be
/// opened. `why` says what is wrong with a footer or TOC that is there.
[[nodiscard]] base::Result<std::unique_ptr<Reader>>
openEstargz(const std::shared_ptr<const base::RandomReader> &file, const QString &label,
            const Reader::Options &options, std::optional<QString> &why);

} // namespace archive
