#include "core/backup/attachmentdecoder.h"

#include "core/base/text.h"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace backup {

namespace {

using base::Error;
using base::ErrorKind;
using base::Status;

constexpr int kGzipWindow = 15 + 16; // zlib: a gzip stream, and nothing else

} // namespace

struct AttachmentDecoder::Inflater {
    Inflater() { ready = inflateInit2(&stream, kGzipWindow) == Z_OK; }
    ~Inflater()
    {
        if (ready)
            inflateEnd(&stream);
    }
    Inflater(const Inflater &) = delete;
    Inflater &operator=(const Inflater &) = delete;

    z_stream stream{};
    bool ready = false;
    bool ended = false;
    std::array<char, size_t{64} << 10> out{};
};

AttachmentDecoder::AttachmentDecoder(const couch::AttachmentStub &stub, base::ByteSink identity)
    : m_expectedDigest(stub.digest)
    , m_expectedLength(stub.length)
    , m_identity(std::move(identity))
{
    if (stub.encoding == "gzip")
        m_inflater = std::make_unique<Inflater>();
}

AttachmentDecoder::~AttachmentDecoder() = default;

Status AttachmentDecoder::pass(std::string_view identityBytes)
{
    m_length += identityBytes.size();
    if (m_length > m_expectedLength)
        return Error{ErrorKind::Protocol,
                     base::text("it is longer than the %1 bytes that its document says.")
                         .arg(m_expectedLength)};
    return identityBytes.empty() ? Status() : m_identity(identityBytes);
}

Status AttachmentDecoder::inflatePiece(std::string_view storedBytes)
{
    Inflater &inflater = *m_inflater;
    inflater.stream.next_in =
        reinterpret_cast<Bytef *>(const_cast<char *>(storedBytes.data())); // zlib's old signature
    inflater.stream.avail_in = static_cast<uInt>(storedBytes.size());
    bool outputPending = false; // zlib may hold bytes back although all input was taken
    while (inflater.stream.avail_in > 0 || outputPending) {
        if (inflater.ended)
            return Error{ErrorKind::Protocol,
                         base::text("there is something behind its compressed bytes.")};
        inflater.stream.next_out = reinterpret_cast<Bytef *>(inflater.out.data());
        inflater.stream.avail_out = static_cast<uInt>(inflater.out.size());
        const int code = inflate(&inflater.stream, Z_NO_FLUSH);
        const bool nothingLeft = code == Z_BUF_ERROR && inflater.stream.avail_in == 0;
        if (code != Z_OK && code != Z_STREAM_END && !nothingLeft)
            return Error{
                ErrorKind::Protocol,
                base::text(
                    "its compressed bytes are damaged, or something on the way changed their coding.")};
        inflater.ended = code == Z_STREAM_END;
        outputPending = inflater.stream.avail_out == 0 && !inflater.ended;
        if (Status passed =
                pass({inflater.out.data(), inflater.out.size() - inflater.stream.avail_out});
            !passed)
            return passed;
    }
    return {};
}

Status AttachmentDecoder::add(std::string_view storedBytes)
{
    m_stored.add(storedBytes);
    if (m_inflater == nullptr)
        return pass(storedBytes);
    if (!m_inflater->ready)
        return Error{ErrorKind::Internal, base::text("zlib could not be started.")};
    constexpr size_t piece = size_t{1} << 30;
    for (; !storedBytes.empty(); storedBytes.remove_prefix(std::min(piece, storedBytes.size()))) {
        if (Status inflated = inflatePiece(storedBytes.substr(0, piece)); !inflated)
            return inflated;
    }
    return {};
}

Status AttachmentDecoder::finish()
{
    if (m_inflater != nullptr && !m_inflater->ended)
        return Error{ErrorKind::Protocol, base::text("its compressed bytes end early.")};
    if (m_length != m_expectedLength)
        return Error{ErrorKind::Protocol,
                     base::text("%1 bytes came, but its document says %2.")
                         .arg(m_length)
                         .arg(m_expectedLength)};
    constexpr std::string_view md5Prefix = "md5-";
    if (m_expectedDigest.starts_with(md5Prefix)) {
        std::string digest = std::string(md5Prefix) + base::toBase64(m_stored.finish());
        if (digest != m_expectedDigest)
            return Error{ErrorKind::Protocol,
                         base::text("its MD5 is not the one that its document says.")};
        if (m_inflater == nullptr)
            m_identityDigest = std::move(digest);
    }
    return {};
}

} // namespace backup
