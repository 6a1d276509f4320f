#pragma once

#include "core/archive/reader.h"

#include <memory>
#include <optional>

namespace archive {

/// Opens a gzipped tar without a TOC: a predecessor's, or one of ours that was cut. One pass over
/// the whole file finds the entries and the places to begin reading at; nothing is unpacked to
/// disk. `why`: what was found to be wrong with a footer or TOC that is there.
[[nodiscard]] base::Result<std::unique_ptr<Reader>>
openStream(const std::shared_ptr<const base::RandomReader> &file, const QString &label,
           const Reader::Options &options, const std::optional<QString> &why);

/// The error for an archive in which nothing of a backup was found.
[[nodiscard]] base::Error nothingFound(const QString &label, const std::vector<Finding> &findings);

} // namespace archive
