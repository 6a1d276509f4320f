#include "core/serve/pieces.h"

#include "core/base/bytes.h"

namespace serve {

using base::Status;

namespace {

/// Encodes what it gets in groups of three bytes, whatever the pieces are.
class Base64Stream
{
public:
    explicit Base64Stream(Answer &answer)
        : m_answer(answer)
    {
    }
    Status add(std::string_view bytes)
    {
        m_rest += bytes;
        const size_t whole = m_rest.size() - m_rest.size() % 3;
        Status written = m_answer.write(base::toBase64(std::string_view(m_rest).substr(0, whole)));
        m_rest.erase(0, whole);
        return written;
    }
    Status finish() { return m_answer.write(base::toBase64(m_rest)); }

private:
    Answer &m_answer;
    std::string m_rest;
};

} // namespace

Pieces &Pieces::text(std::string_view bytes)
{
    if (m_pieces.empty() || m_pieces.back().kind != Piece::Kind::Text)
        m_pieces.push_back({});
    m_pieces.back().text += bytes;
    m_pieces.back().length = m_pieces.back().text.size();
    return *this;
}

void Pieces::stored(std::string digest, std::uint64_t storedLength)
{
    m_pieces.push_back({std::move(digest), Piece::Kind::Stored, storedLength});
}

void Pieces::base64(std::string digest, std::uint64_t identityLength)
{
    m_pieces.push_back({std::move(digest), Piece::Kind::Base64, (identityLength + 2) / 3 * 4});
}

std::uint64_t Pieces::length() const
{
    std::uint64_t sum = 0;
    for (const Piece &piece : m_pieces)
        sum += piece.length;
    return sum;
}

Status Pieces::send(Database &database, Answer &answer) const
{
    for (const Piece &piece : m_pieces) {
        Status sent;
        if (piece.kind == Piece::Kind::Text) {
            sent = answer.write(piece.text);
        } else if (piece.kind == Piece::Kind::Stored) {
            sent = database.readAttachment(
                piece.text, true, [&](std::string_view bytes) { return answer.write(bytes); });
        } else {
            Base64Stream stream(answer);
            sent = database.readAttachment(
                piece.text, false, [&](std::string_view bytes) { return stream.add(bytes); });
            if (sent)
                sent = stream.finish();
        }
        if (!sent)
            return sent;
    }
    return {};
}

} // namespace serve
