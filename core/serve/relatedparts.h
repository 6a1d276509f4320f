#pragma once

#include "core/serve/revision.h"

namespace serve {

/// A boundary that no attachment holds by chance: 32 random hex digits.
[[nodiscard]] std::string randomBoundary();

/// The multipart/related body of one document: its JSON, then each attachment that was asked for as
/// it is stored. Without such attachments it is the JSON alone, and `isMultipart` is false.
struct RelatedBody {
    Pieces pieces;
    bool isMultipart = false;
};
[[nodiscard]] base::Result<RelatedBody> relatedBody(Database &database, const store::RevTree &tree,
                                                    const Revision &revision,
                                                    const DocumentOptions &options,
                                                    const std::string &boundary);

} // namespace serve
