#pragma once

#include "core/archive/contents.h"
#include "core/archive/targrammar.h"

#include <map>
#include <optional>
#include <string>

namespace archive {

/// Turns the entries of a tar into Contents, and knows at the end how the tar ended.
class TarListing final : private TarGrammar::Handler
{
public:
    explicit TarListing(const Limits &limits)
        : m_limits(limits)
        , m_contents(limits)
        , m_grammar(*this)
    {
    }

    [[nodiscard]] TarGrammar &grammar() { return m_grammar; }
    /// The first file is `<folder>/format.json`: so begins an archive of ours.
    [[nodiscard]] bool beginsLikeOurs() const { return m_ourRoot.has_value(); }
    /// No entry was found, and (so far) no end either.
    [[nodiscard]] bool isEmpty() const
    {
        return m_contents.entries() == 0 && !m_open && !m_grammar.hasEnded();
    }
    /// Nothing at all could be read of a tar: this is none.
    [[nodiscard]] bool isNoTar() const { return isEmpty() && m_grammar.fault().has_value(); }

    /// `broken`: the container broke off before the tar ended.
    [[nodiscard]] Contents take(bool broken);

private:
    [[nodiscard]] base::Status entry(const TarEntry &entry) override;
    [[nodiscard]] base::Status refused(const char *code, const TarEntry &entry,
                                       const QString &why) override;
    void content(std::string_view bytes) override;
    void contentEnded() override;
    void checkCurrentFiles();

    Limits m_limits;
    Contents m_contents;
    TarGrammar m_grammar;
    std::optional<TarEntry> m_open; // a file whose content is not complete yet
    std::optional<base::Error> m_limitReached;
    std::optional<std::string> m_ourRoot;
    bool m_sawFile = false;
    std::string m_current;                               // of the CURRENT file that is open
    std::map<std::uint64_t, std::string> m_currentFiles; // by offset
};

} // namespace archive
