#pragma once

#include "core/archive/finding.h"
#include "core/archive/tarblock.h"
#include "core/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace archive {

/// One entry of a tar as its headers describe it: long names and pax headers are applied.
struct TarEntry {
    std::string name;
    std::uint64_t size = 0;
    std::uint64_t offset = 0; ///< of its content in the tar
    char type = '0';
    bool isFile() const { return type == '0' || type == '\0'; }
    bool isFolder() const { return type == '5'; }
};

/// Reads a tar strictly, in whatever pieces it comes: checksums, magic, numbers, pax (path and
/// size), GNU long names, end blocks. Nothing but one header's extensions is ever held in memory.
class TarGrammar
{
public:
    class Handler
    {
    public:
        virtual ~Handler() = default;
        /// A file or a folder. An error stops everything.
        [[nodiscard]] virtual base::Status entry(const TarEntry &entry) = 0;
        /// An entry that is none (a link, a device) or has no name one could trust.
        [[nodiscard]] virtual base::Status refused(const char *code, const TarEntry &entry,
                                                   const QString &why) = 0;
        /// A piece of the content of the last file; not what was skipped.
        virtual void content(std::string_view) {}
        /// The content of the last file was there to its end.
        virtual void contentEnded() {}
    };

    explicit TarGrammar(Handler &handler)
        : m_handler(handler)
    {
    }

    /// Only errors of the handler come back; what is wrong with the tar is in fault().
    [[nodiscard]] base::Status feed(std::string_view bytes);
    /// Bytes of content that may be passed over with skip() instead of feed().
    [[nodiscard]] std::uint64_t skippable() const;
    void skip(std::uint64_t bytes);

    /// What broke the tar; nothing is read any more then.
    [[nodiscard]] const std::optional<Finding> &fault() const { return m_fault; }
    /// True once both end blocks were seen.
    [[nodiscard]] bool hasEnded() const { return m_state == State::Ended; }
    /// True between two entries (and at the very beginning).
    [[nodiscard]] bool isBetweenEntries() const
    {
        return m_state == State::Header && m_block.empty();
    }
    [[nodiscard]] std::uint64_t offset() const { return m_offset; }

private:
    enum class State { Header, Extension, Content, OneZeroBlock, Ended, Failed };

    [[nodiscard]] base::Status takeBlock();
    [[nodiscard]] base::Status takeHeader();
    [[nodiscard]] base::Status takeEntry(TarBlock &block);
    [[nodiscard]] base::Status takeRefused(const TarBlock &block);
    void beginExtension(const TarBlock &block);
    void endExtension();
    void readPax(bool global);
    void beginContent(std::uint64_t size, bool file);
    void advance(std::uint64_t bytes);
    void fail(const char *code, const QString &why);

    Handler &m_handler;
    State m_state = State::Header;
    std::uint64_t m_offset = 0;
    std::string m_block;           // of a header, while it is collected
    std::uint64_t m_remaining = 0; // of content
    std::uint64_t m_padding = 0;   // behind it
    bool m_inFile = false;
    char m_extensionType = 0;
    std::string m_extension;
    bool m_extensionTooLong = false;
    std::optional<std::string> m_longName;
    std::optional<std::string> m_paxPath;
    std::optional<std::uint64_t> m_paxSize;
    std::optional<QString> m_refuseNext;
    std::optional<Finding> m_fault;
};

} // namespace archive
