#include "core/archive/tarlisting.h"

#include "core/archive/entrypath.h"
#include "core/base/text.h"

#include <algorithm>
#include <utility>

namespace archive {

namespace {
using base::Error;
using base::ErrorKind;
using base::Status;

constexpr size_t kMaxCurrentBytes = 64;
} // namespace

Status TarListing::entry(const TarEntry &entry)
{
    if (m_limitReached)
        return *m_limitReached;
    if (entry.isFolder())
        return m_contents.addFolder(entry.name);
    if (entry.size > m_limits.maxTotalBytes)
        return Error{
            ErrorKind::Hostile,
            base::text(
                "The entry %1 claims %2 bytes, which is over the limit for uncompressed bytes; the archive is not opened.")
                .arg(base::printable(entry.name), QString::number(entry.size)),
            {}};
    const std::string_view path = trimmedPath(entry.name);
    if (!std::exchange(m_sawFile, true) && nameOf(path) == "format.json" && !parentOf(path).empty()
        && parentOf(parentOf(path)).empty())
        m_ourRoot = parentOf(path);
    m_open = entry;
    m_current.clear();
    return {};
}

Status TarListing::refused(const char *code, const TarEntry &entry, const QString &why)
{
    return m_contents.refuse(code, entry.name, why);
}

void TarListing::content(std::string_view bytes)
{
    if (m_open && m_open->size <= kMaxCurrentBytes)
        m_current += bytes;
}

void TarListing::contentEnded()
{
    if (!m_open)
        return;
    if (nameOf(m_open->name) == "CURRENT")
        m_currentFiles.emplace(m_open->offset, std::exchange(m_current, {}));
    if (Status added = m_contents.addFile(m_open->name, m_open->size, m_open->offset); !added)
        m_limitReached = added.error();
    m_open.reset();
}

Contents TarListing::take(bool broken)
{
    if (m_grammar.fault())
        m_contents.findings().add({*m_grammar.fault()});
    else if (!m_grammar.hasEnded() && !broken)
        m_contents.findings().add(
            "tar-end", {},
            base::text("The tar in the archive has no end: the last entries may be missing."));
    if (!m_grammar.hasEnded())
        m_contents.setCut();
    if (m_open)
        m_contents.addCutFile(m_open->name);
    m_contents.arrange(m_ourRoot);
    checkCurrentFiles();
    return std::move(m_contents);
}

/// A CURRENT that was skipped is not looked at here.
void TarListing::checkCurrentFiles()
{
    for (const auto &[directory, database] : m_contents.databases()) {
        const auto named = [&files = database.files](std::string_view name) {
            return std::find_if(files.begin(), files.end(),
                                [name](const Contents::File &file) { return file.name == name; });
        };
        const auto current = named("CURRENT");
        const auto text = current == database.files.end() ? m_currentFiles.end()
                                                          : m_currentFiles.find(current->source);
        if (text == m_currentFiles.end())
            continue;
        const std::string &name = text->second;
        if (!name.ends_with('\n')
            || named(std::string_view(name).substr(0, name.size() - 1)) == database.files.end())
            m_contents.markIncomplete(
                directory, base::text("its file CURRENT names no MANIFEST that is there"));
    }
}

} // namespace archive
