#include "core/base/staging.h"

#include "core/base/file.h"
#include "core/base/text.h"

namespace base {

namespace {

Error noSuchFile(const std::string &name)
{
    return {ErrorKind::NotFound,
            text("There is no file %1 in the staging folder.").arg(printable(name))};
}

/// Shares the bytes of a closed memory file.
class SharedReader final : public RandomReader
{
public:
    explicit SharedReader(std::shared_ptr<const std::string> bytes)
        : m_bytes(std::move(bytes))
    {
    }
    [[nodiscard]] std::uint64_t size() const override { return m_bytes->size(); }
    [[nodiscard]] Status readAt(std::uint64_t offset, char *out, size_t length) const override
    {
        if (offset > m_bytes->size() || length > m_bytes->size() - offset)
            return Error{ErrorKind::Corrupt,
                         text("A read goes past the end of %1 bytes.").arg(m_bytes->size())};
        m_bytes->copy(out, length, static_cast<size_t>(offset));
        return {};
    }

private:
    std::shared_ptr<const std::string> m_bytes;
};

} // namespace

/// A file that begins in memory and moves to disk when the folder has grown over its limit. Small
/// appends are gathered, because a table is written in pieces of a few bytes.
class StagedFile final : public StagingFile
{
public:
    StagedFile(StagingFolder &folder, std::string name)
        : m_folder(folder)
        , m_name(std::move(name))
        , m_memory(std::make_shared<std::string>())
    {
    }
    ~StagedFile() override
    {
        if (m_closed)
            return;
        const std::uint64_t memoryBytes = m_file == nullptr ? m_memory->size() : 0;
        m_file.reset(); // Windows removes no open file
        m_folder.forget(m_name, memoryBytes);
    }
    StagedFile(const StagedFile &) = delete;
    StagedFile &operator=(const StagedFile &) = delete;

    [[nodiscard]] Status append(std::string_view bytes) override
    {
        m_memory->append(bytes);
        m_size += bytes.size();
        if (m_file == nullptr) {
            if (!m_folder.reserve(bytes.size()))
                return moveToDisk();
            return {};
        }
        return m_memory->size() >= kGatherBytes ? flush() : Status();
    }

    [[nodiscard]] Status overwriteAt(std::uint64_t offset, std::string_view bytes) override
    {
        if (offset > m_size || bytes.size() > m_size - offset)
            return Error{ErrorKind::Internal,
                         QStringLiteral("An overwrite goes past the end of a staging file.")};
        if (m_file == nullptr) {
            m_memory->replace(static_cast<size_t>(offset), bytes.size(), bytes);
            return {};
        }
        if (Status flushed = flush(); !flushed)
            return flushed;
        return m_file->writeAt(offset, bytes);
    }

    [[nodiscard]] std::uint64_t size() const override { return m_size; }

    [[nodiscard]] Status close() override
    {
        if (m_file != nullptr) {
            if (Status flushed = flush(); !flushed)
                return flushed;
            if (Status closed = m_file->close(); !closed)
                return closed;
        }
        m_closed = true;
        m_folder.keep(m_name, m_file == nullptr ? m_memory : nullptr, m_size);
        return {};
    }

private:
    static constexpr size_t kGatherBytes = size_t{256} << 10;

    Status moveToDisk()
    {
        if (Status made = makeFolder(m_folder.m_folder); !made)
            return made;
        auto file = File::create(m_folder.pathOf(m_name));
        if (!file)
            return file.error();
        m_folder.release(m_memory->size());
        m_file = std::move(*file);
        return flush();
    }

    Status flush()
    {
        Status written = m_file->append(*m_memory);
        if (written) // else the bytes stay for the next flush: close() must not succeed without
                     // them
            m_memory->clear();
        return written;
    }

    StagingFolder &m_folder;
    std::string m_name;
    std::shared_ptr<std::string> m_memory;
    std::unique_ptr<File> m_file;
    std::uint64_t m_size = 0;
    bool m_closed = false;
};

StagingFolder::StagingFolder(std::filesystem::path folder, std::uint64_t memoryLimitBytes)
    : m_folder(std::move(folder))
    , m_memoryLimit(memoryLimitBytes)
{
}

StagingFolder::~StagingFolder()
{
    static_cast<void>(removeTree(m_folder)); // a leftover is removed at the next start
}

Result<std::unique_ptr<StagingFile>> StagingFolder::create(const std::string &name)
{
    const std::lock_guard lock(m_mutex);
    if (!m_slots.try_emplace(name).second)
        return Error{
            ErrorKind::Conflict,
            text("There is already a file %1 in the staging folder.").arg(printable(name))};
    return std::unique_ptr<StagingFile>(std::make_unique<StagedFile>(*this, name));
}

Status StagingFolder::remove(const std::string &name)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_slots.find(name);
    if (found == m_slots.end())
        return noSuchFile(name);
    if (found->second.memory == nullptr) {
        if (Status removed = removeFile(pathOf(name)); !removed)
            return removed;
    } else {
        m_memoryBytes -= found->second.size;
    }
    m_slots.erase(found);
    return {};
}

Status StagingFolder::rename(const std::string &from, const std::string &to)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_slots.find(from);
    if (found == m_slots.end() || !found->second.closed)
        return noSuchFile(from);
    if (m_slots.contains(to))
        return Error{ErrorKind::Conflict,
                     text("There is already a file %1 in the staging folder.").arg(printable(to))};
    if (found->second.memory == nullptr) {
        if (Status renamed = renameNoReplace(pathOf(from), pathOf(to)); !renamed)
            return renamed;
    }
    auto slot = m_slots.extract(found);
    slot.key() = to;
    m_slots.insert(std::move(slot));
    return {};
}

std::vector<FileSet::Entry> StagingFolder::files() const
{
    const std::lock_guard lock(m_mutex);
    std::vector<Entry> entries;
    for (const auto &[name, slot] : m_slots) {
        if (slot.closed)
            entries.push_back({name, slot.size});
    }
    return entries;
}

Result<std::shared_ptr<const RandomReader>> StagingFolder::open(const std::string &name) const
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_slots.find(name);
    if (found == m_slots.end() || !found->second.closed)
        return noSuchFile(name);
    if (found->second.memory != nullptr)
        return std::shared_ptr<const RandomReader>(
            std::make_shared<SharedReader>(found->second.memory));
    auto file = File::openRead(pathOf(name));
    if (!file)
        return file.error();
    return std::shared_ptr<const RandomReader>(std::move(*file));
}

std::uint64_t StagingFolder::totalBytes() const
{
    const std::lock_guard lock(m_mutex);
    std::uint64_t total = 0;
    for (const auto &[name, slot] : m_slots)
        total += slot.size;
    return total;
}

std::filesystem::path StagingFolder::pathOf(const std::string &name) const
{
    return m_folder / fromUtf8(name);
}

bool StagingFolder::reserve(std::uint64_t bytes)
{
    const std::lock_guard lock(m_mutex);
    m_memoryBytes += bytes;
    return m_memoryBytes <= m_memoryLimit;
}

void StagingFolder::release(std::uint64_t bytes)
{
    const std::lock_guard lock(m_mutex);
    m_memoryBytes -= bytes;
}

void StagingFolder::keep(const std::string &name, std::shared_ptr<std::string> memory,
                         std::uint64_t size)
{
    const std::lock_guard lock(m_mutex);
    Slot &slot = m_slots[name];
    slot.memory = std::move(memory);
    slot.size = size;
    slot.closed = true;
}

void StagingFolder::forget(const std::string &name, std::uint64_t memoryBytes)
{
    const std::lock_guard lock(m_mutex);
    m_memoryBytes -= memoryBytes;
    m_slots.erase(name);
    static_cast<void>(removeFile(pathOf(name)));
}

} // namespace base
