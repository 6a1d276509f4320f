#pragma once

#include "core/serve/backend.h"

namespace serve {

/// An answer's body before it is sent: text, and attachments that are streamed in their place, so
/// that its length is known and nothing large is in memory. One thread.
class Pieces
{
public:
    Pieces &text(std::string_view bytes);
    /// The stored bytes (`storedLength` of them).
    void stored(std::string digest, std::uint64_t storedLength);
    /// The identity bytes as base64.
    void base64(std::string digest, std::uint64_t identityLength);

    [[nodiscard]] std::uint64_t length() const;
    [[nodiscard]] base::Status send(Database &database, Answer &answer) const;

private:
    struct Piece {
        std::string text; ///< or the digest
        enum class Kind { Text, Stored, Base64 } kind = Kind::Text;
        std::uint64_t length = 0; ///< as sent
    };
    std::vector<Piece> m_pieces;
};

} // namespace serve
