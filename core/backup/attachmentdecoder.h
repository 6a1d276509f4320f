#pragma once

#include "core/base/bytes.h"
#include "core/base/filesource.h"
#include "core/couch/types.h"

#include <memory>

namespace backup {

/// Takes the stored bytes of one attachment as they come over the wire and passes on the identity
/// bytes: the MD5 of the stored bytes is held against `digest`, gzip is inflated and never beyond
/// `length`. One use, one thread.
class AttachmentDecoder
{
public:
    AttachmentDecoder(const couch::AttachmentStub &stub, base::ByteSink identity);
    ~AttachmentDecoder();
    AttachmentDecoder(const AttachmentDecoder &) = delete;
    AttachmentDecoder &operator=(const AttachmentDecoder &) = delete;

    [[nodiscard]] base::Status add(std::string_view storedBytes);
    /// After the last byte: everything must have come and fit.
    [[nodiscard]] base::Status finish();
    /// After finish(): "md5-<base64>" of the identity bytes where it had to be computed anyway,
    /// else empty.
    [[nodiscard]] const std::string &identityDigest() const { return m_identityDigest; }

private:
    struct Inflater;
    [[nodiscard]] base::Status pass(std::string_view identityBytes);
    [[nodiscard]] base::Status inflatePiece(std::string_view storedBytes);

    std::string m_expectedDigest;
    std::uint64_t m_expectedLength;
    base::ByteSink m_identity;
    std::string m_identityDigest;
    std::uint64_t m_length = 0;
    base::Hasher m_stored{base::Hasher::Algorithm::Md5Digest};
    std::unique_ptr<Inflater> m_inflater; ///< null for identity coding
};

} // namespace backup
