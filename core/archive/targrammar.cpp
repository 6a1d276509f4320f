#include "core/archive/targrammar.h"

#include "core/base/text.h"

#include <algorithm>
#include <charconv>

namespace archive {

namespace {

using base::Status;

constexpr size_t kMaxExtensionBytes = size_t{64} << 10;

/// One "LENGTH key=value\n" at the front of `records`; it is taken off. Nothing when it is not one.
std::optional<std::pair<std::string_view, std::string_view>>
takePaxRecord(std::string_view &records)
{
    size_t length = 0;
    const auto [end, error] =
        std::from_chars(records.data(), records.data() + records.size(), length);
    const auto digits = static_cast<size_t>(end - records.data());
    if (error != std::errc{} || length > records.size() || length < digits + 3
        || records[digits] != ' ' || records[length - 1] != '\n')
        return std::nullopt;
    const std::string_view text = records.substr(digits + 1, length - digits - 2);
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0)
        return std::nullopt;
    records.remove_prefix(length);
    return std::pair{text.substr(0, equals), text.substr(equals + 1)};
}

QString typeText(char type)
{
    switch (type) {
    case '1': return base::text("it is a hard link");
    case '2': return base::text("it is a symbolic link");
    case '3':
    case '4': return base::text("it is a device");
    case '6': return base::text("it is a named pipe");
    case 'S': return base::text("it is a sparse file");
    default:
        return base::text("its type \"%1\" has no place in a backup")
            .arg(base::printable({&type, 1}));
    }
}

const char *typeCode(char type)
{
    switch (type) {
    case '1':
    case '2': return "refused-link";
    case '3':
    case '4':
    case '6': return "refused-device";
    case 'S': return "refused-sparse";
    default: return "refused-type";
    }
}

} // namespace

Status TarGrammar::feed(std::string_view bytes)
{
    while (!bytes.empty()) {
        if (m_state == State::Failed)
            return {};
        if (m_state == State::Content || m_state == State::Extension) {
            const auto taken =
                static_cast<size_t>(std::min<std::uint64_t>(bytes.size(), m_remaining + m_padding));
            if (m_state == State::Extension && !m_extensionTooLong)
                m_extension += bytes.substr(
                    0, static_cast<size_t>(std::min<std::uint64_t>(taken, m_remaining)));
            else if (m_inFile)
                m_handler.content(bytes.substr(
                    0, static_cast<size_t>(std::min<std::uint64_t>(taken, m_remaining))));
            advance(taken);
            bytes.remove_prefix(taken);
            continue;
        }
        const size_t taken = std::min(bytes.size(), kTarBlockBytes - m_block.size());
        m_block += bytes.substr(0, taken);
        m_offset += taken;
        bytes.remove_prefix(taken);
        if (m_block.size() < kTarBlockBytes)
            return {};
        if (Status block = takeBlock(); !block)
            return block;
        m_block.clear();
    }
    return {};
}

std::uint64_t TarGrammar::skippable() const
{
    return m_state == State::Content ? m_remaining + m_padding : 0;
}

void TarGrammar::skip(std::uint64_t bytes)
{
    Q_ASSERT(bytes <= skippable());
    advance(bytes);
}

/// Passes over content, then its padding; what comes next is a header.
void TarGrammar::advance(std::uint64_t bytes)
{
    m_offset += bytes;
    const std::uint64_t content = std::min(bytes, m_remaining);
    m_remaining -= content;
    m_padding -= bytes - content;
    if (m_remaining > 0)
        return;
    if (m_inFile && content > 0)
        m_handler.contentEnded();
    if (m_padding > 0)
        return;
    if (m_state == State::Extension)
        endExtension();
    if (m_state != State::Failed)
        m_state = State::Header;
}

Status TarGrammar::takeBlock()
{
    const bool zero = isZeroBlock(m_block);
    switch (m_state) {
    case State::Header:
        if (!zero)
            return takeHeader();
        m_state = State::OneZeroBlock;
        return {};
    case State::OneZeroBlock:
        if (zero)
            m_state = State::Ended;
        else
            fail("tar-end", base::text("The tar has an end block in the middle."));
        return {};
    default:
        if (!zero)
            fail("tar-trailing", base::text("There is something behind the end of the tar."));
        return {};
    }
}

Status TarGrammar::takeHeader()
{
    TarBlock block;
    if (const TarFault fault = decodeTarBlock(m_block, block); fault != TarFault::None) {
        fail(tarFaultCode(fault),
             base::text("The tar header at byte %1 of the unpacked data is damaged.")
                 .arg(m_offset - kTarBlockBytes));
        return {};
    }
    if (block.type == 'L' || block.type == 'K' || block.type == 'x' || block.type == 'g') {
        beginExtension(block);
        return {};
    }
    if (m_longName)
        block.name = *std::exchange(m_longName, std::nullopt);
    if (m_paxPath)
        block.name = *std::exchange(m_paxPath, std::nullopt);
    if (m_paxSize)
        block.size = *std::exchange(m_paxSize, std::nullopt);
    return takeEntry(block);
}

Status TarGrammar::takeEntry(TarBlock &block)
{
    const auto refuseNext = std::exchange(m_refuseNext, std::nullopt);
    if ((block.type == '0' || block.type == '\0') && block.name.ends_with('/') && block.size == 0)
        block.type = '5'; // as tars of old have folders
    const TarEntry entry{block.name, block.size, m_offset, block.type};
    if (!entry.isFile() && !entry.isFolder())
        return takeRefused(block);
    if (entry.isFolder() && entry.size != 0) {
        fail(
            "tar-number",
            base::text("The folder %1 claims to have a content.").arg(base::printable(entry.name)));
        return {};
    }
    beginContent(entry.size, entry.isFile());
    if (refuseNext)
        return m_handler.refused("refused-header", entry, *refuseNext);
    const Status taken = m_handler.entry(entry);
    if (taken && entry.isFile() && entry.size == 0)
        m_handler.contentEnded();
    return taken;
}

Status TarGrammar::takeRefused(const TarBlock &block)
{
    const TarEntry entry{block.name, block.size, m_offset, block.type};
    const Status refused = m_handler.refused(typeCode(block.type), entry, typeText(block.type));
    const bool hasContent = block.type == '7' || block.type == 'D' || block.type == 'V';
    if (hasContent || block.size == 0)
        beginContent(block.size, false);
    else
        // Tars differ in whether content follows; going on might take content for headers.
        fail("tar-type",
             base::text("Behind the entry %1 nobody can say where the next one begins.")
                 .arg(base::printable(block.name)));
    return refused;
}

void TarGrammar::beginContent(std::uint64_t size, bool file)
{
    m_remaining = size;
    m_padding = tarPadding(size);
    m_inFile = file;
    m_state = size > 0 ? State::Content : State::Header;
}

void TarGrammar::beginExtension(const TarBlock &block)
{
    beginContent(block.size, false);
    m_extensionType = block.type;
    m_extension.clear();
    m_extensionTooLong = block.size > kMaxExtensionBytes;
    m_state = State::Extension;
    if (block.size == 0) {
        endExtension();
        m_state = State::Header;
    }
}

void TarGrammar::endExtension()
{
    if (m_extensionTooLong) {
        m_refuseNext = base::text("its extended header is larger than 64 KiB");
        return;
    }
    if (m_extensionType == 'L')
        m_longName = m_extension.substr(0, m_extension.find('\0'));
    else if (m_extensionType == 'x' || m_extensionType == 'g')
        readPax(m_extensionType == 'g');
}

void TarGrammar::readPax(bool global)
{
    std::string_view records = m_extension;
    while (!records.empty()) {
        const auto record = takePaxRecord(records);
        if (!record) {
            fail("tar-pax",
                 base::text("A pax header before byte %1 of the unpacked data is damaged.")
                     .arg(m_offset));
            return;
        }
        const auto &[key, value] = *record;
        if (key.starts_with("GNU.sparse"))
            m_refuseNext = base::text("it is a sparse file");
        if (key != "path" && key != "size")
            continue;
        if (global) {
            fail("tar-pax",
                 base::text("A global pax header gives all entries the same %1.")
                     .arg(base::printable(key)));
            return;
        }
        if (key == "path") {
            m_paxPath = value;
            continue;
        }
        std::int64_t size = -1;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
        if (error != std::errc{} || end != value.data() + value.size() || size < 0) {
            fail("tar-number", base::text("A pax header gives a size that is no number."));
            return;
        }
        m_paxSize = static_cast<std::uint64_t>(size);
    }
}

void TarGrammar::fail(const char *code, const QString &why)
{
    m_state = State::Failed;
    m_fault = Finding{code, {}, why, true};
}

} // namespace archive
