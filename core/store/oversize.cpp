#include "core/store/oversize.h"

#include "core/base/text.h"
#include "core/store/keyspace.h"

#include <algorithm>
#include <numeric>

namespace store {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

namespace {

constexpr std::string_view kPrefix = "oversize-";
constexpr size_t kMd5HexDigits = 32;
constexpr size_t kPartDigits = 4;
constexpr size_t kNameBytes = kPrefix.size() + kMd5HexDigits + 1 + kPartDigits;

/// Parts are counted from 1.
std::string partNumber(size_t part)
{
    std::string number = std::to_string(part);
    number.insert(0, kPartDigits - std::min(kPartDigits, number.size()), '0');
    return number;
}

std::string hexOf(std::string_view digest)
{
    const auto raw = base::fromBase64(digest.substr(digest.find('-') + 1));
    return raw ? base::toHex(*raw) : std::string();
}

/// Nothing for names of other files.
std::optional<std::string> digestInName(std::string_view name)
{
    if (name.size() != kNameBytes || !name.starts_with(kPrefix))
        return std::nullopt;
    const auto raw = base::fromHex(name.substr(kPrefix.size(), kMd5HexDigits));
    return raw ? std::optional(digestOf(*raw)) : std::nullopt;
}

} // namespace

OversizeFile::OversizeFile(base::StagingFolder &folder, std::uint64_t length,
                           std::uint64_t partBytes)
    : m_folder(folder)
    , m_length(length)
    , m_partBytes(partBytes)
{
}

OversizeFile::~OversizeFile()
{
    m_part.reset();
    for (size_t part = 1; part <= m_closedParts; ++part)
        static_cast<void>(m_folder.remove(unnamedPart(part)));
}

std::string OversizeFile::unnamedPart(size_t part)
{
    return "oversize-" + partNumber(part);
}

Status OversizeFile::beginPart()
{
    auto part = m_folder.create(unnamedPart(m_closedParts + 1));
    if (!part)
        return part.error();
    m_part = std::move(*part);
    return {};
}

Status OversizeFile::append(std::string_view bytes)
{
    if (bytes.size() > m_length - m_appended)
        return Error{ErrorKind::Protocol, base::text("An attachment is longer than announced.")};
    m_appended += bytes.size();
    m_md5.add(bytes);
    while (!bytes.empty()) {
        if (m_part == nullptr) {
            if (Status begun = beginPart(); !begun)
                return begun;
        }
        const auto taken = static_cast<size_t>(
            std::min<std::uint64_t>(bytes.size(), m_partBytes - m_part->size()));
        if (Status written = m_part->append(bytes.substr(0, taken)); !written)
            return written;
        bytes.remove_prefix(taken);
        if (m_part->size() < m_partBytes)
            continue;
        if (Status closed = m_part->close(); !closed)
            return closed;
        m_part.reset();
        ++m_closedParts;
    }
    return {};
}

Result<std::string> OversizeFile::seal()
{
    if (m_appended != m_length)
        return Error{ErrorKind::Protocol, base::text("An attachment is shorter than announced.")};
    if (m_part != nullptr) {
        if (Status closed = m_part->close(); !closed)
            return closed.error();
        m_part.reset();
        ++m_closedParts;
    }
    m_digest = digestOf(m_md5.finish());
    return m_digest;
}

Result<std::vector<std::string>> OversizeFile::keep()
{
    const std::string stem = std::string(kPrefix) + hexOf(m_digest) + '-';
    std::vector<std::string> names;
    for (size_t part = 1; part <= m_closedParts; ++part) {
        names.push_back(stem + partNumber(part));
        if (Status renamed = m_folder.rename(unnamedPart(part), names.back()); !renamed)
            return renamed.error();
    }
    m_closedParts = 0;
    return names;
}

OversizeFiles::OversizeFiles(std::shared_ptr<const base::FileSet> files)
    : m_files(std::move(files))
{
    for (const base::FileSet::Entry &entry : m_files->files()) { // sorted: parts come in order
        if (const auto digest = digestInName(entry.name))
            m_parts[*digest].push_back(entry);
    }
}

bool OversizeFiles::contains(std::string_view digest) const
{
    return m_parts.contains(digest);
}

std::uint64_t OversizeFiles::length(std::string_view digest) const
{
    const auto &parts = m_parts.find(digest)->second;
    return std::accumulate(
        parts.begin(), parts.end(), std::uint64_t{0},
        [](std::uint64_t sum, const base::FileSet::Entry &part) { return sum + part.size; });
}

Status OversizeFiles::read(std::string_view digest, const base::ByteSink &sink) const
{
    const auto &parts = m_parts.find(digest)->second;
    for (size_t part = 1; part <= parts.size(); ++part) {
        const std::string &name = parts[part - 1].name;
        if (!name.ends_with(partNumber(part)))
            return Error{ErrorKind::Corrupt,
                         base::text("Part %1 of the attachment %2 is missing.")
                             .arg(part)
                             .arg(base::printable(digest))};
        const auto file = m_files->open(name);
        if (!file)
            return file.error();
        if (Status streamed = base::readAll(**file, sink); !streamed)
            return streamed;
    }
    return {};
}

} // namespace store
