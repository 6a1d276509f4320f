#include "core/store/sortedruns.h"

#include "core/base/text.h"
#include "core/store/coding.h"

#include <algorithm>

namespace store {

using base::Result;
using base::Status;

namespace {

constexpr size_t kRunsPerLevel = 32;
constexpr size_t kWindowBytes = size_t{64} << 10;

} // namespace

/// What is still in memory.
class SortedRuns::BufferMerge final : public Merge
{
public:
    explicit BufferMerge(const SortedRuns &runs)
        : m_runs(runs)
    {
    }
    [[nodiscard]] bool isValid() const override { return m_at < m_runs.m_slices.size(); }
    [[nodiscard]] std::string_view key() const override
    {
        return m_runs.keyOf(m_runs.m_slices[m_at]);
    }
    [[nodiscard]] std::string_view value() const override
    {
        return m_runs.valueOf(m_runs.m_slices[m_at]);
    }
    [[nodiscard]] Status next() override
    {
        ++m_at;
        return {};
    }

private:
    const SortedRuns &m_runs;
    size_t m_at = 0;
};

/// One run, read through a window that is as large as its largest record needs.
class SortedRuns::RunMerge final : public Merge
{
public:
    explicit RunMerge(std::shared_ptr<const base::RandomReader> file)
        : m_file(std::move(file))
    {
    }
    [[nodiscard]] bool isValid() const override { return m_valid; }
    [[nodiscard]] std::string_view key() const override { return m_key; }
    [[nodiscard]] std::string_view value() const override { return m_value; }
    [[nodiscard]] Status next() override
    {
        while (true) {
            ByteCursor cursor(std::string_view(m_window).substr(m_at));
            const auto key = cursor.lengthPrefixed();
            const auto value = key ? cursor.lengthPrefixed() : std::nullopt;
            if (value) {
                m_key = *key;
                m_value = *value;
                m_at = m_window.size() - cursor.rest().size();
                m_valid = true;
                return {};
            }
            if (m_offset == m_file->size()) {
                m_valid = false;
                return {};
            }
            if (Status read = readMore(); !read)
                return read;
        }
    }

private:
    Status readMore()
    {
        m_window.erase(0, m_at);
        m_at = 0;
        const size_t old = m_window.size();
        const auto more = static_cast<size_t>(
            std::min<std::uint64_t>(std::max(kWindowBytes, old), m_file->size() - m_offset));
        m_window.resize(old + more);
        if (Status read = m_file->readAt(m_offset, m_window.data() + old, more); !read)
            return read;
        m_offset += more;
        return {};
    }

    std::shared_ptr<const base::RandomReader> m_file;
    std::string m_window;
    size_t m_at = 0;
    std::uint64_t m_offset = 0;
    std::string_view m_key;
    std::string_view m_value;
    bool m_valid = false;
};

/// The smallest record of several; of equal ones that of the earlier part.
class SortedRuns::ManyMerge final : public Merge
{
public:
    /// Takes only parts that hold something.
    void addPart(std::unique_ptr<Merge> part)
    {
        if (!part->isValid())
            return;
        m_heap.push_back({part.get(), m_parts.size()});
        m_parts.push_back(std::move(part));
        std::ranges::push_heap(m_heap, comesLater);
    }
    [[nodiscard]] bool isValid() const override { return !m_heap.empty(); }
    [[nodiscard]] std::string_view key() const override { return m_heap.front().part->key(); }
    [[nodiscard]] std::string_view value() const override { return m_heap.front().part->value(); }
    [[nodiscard]] Status next() override
    {
        std::ranges::pop_heap(m_heap, comesLater);
        if (Status moved = m_heap.back().part->next(); !moved)
            return moved;
        if (m_heap.back().part->isValid())
            std::ranges::push_heap(m_heap, comesLater);
        else
            m_heap.pop_back();
        return {};
    }

private:
    struct Part {
        Merge *part = nullptr;
        size_t order = 0;
    };
    static bool comesLater(const Part &a, const Part &b)
    {
        const int order = a.part->key().compare(b.part->key());
        return order != 0 ? order > 0 : a.order > b.order;
    }

    std::vector<std::unique_ptr<Merge>> m_parts;
    std::vector<Part> m_heap;
};

SortedRuns::SortedRuns(base::StagingFolder &folder, std::string name, size_t bufferBytes)
    : m_folder(folder)
    , m_name(std::move(name))
    , m_bufferBytes(bufferBytes)
{
}

SortedRuns::~SortedRuns()
{
    clear();
}

void SortedRuns::clear()
{
    for (const auto &level : m_levels) {
        for (const std::string &run : level)
            removeRun(run);
    }
    m_levels.clear();
    m_slices = {};
    m_buffer = {};
}

void SortedRuns::removeRun(const std::string &run)
{
    static_cast<void>(m_folder.remove(run)); // the folder goes as a whole if this fails
}

std::string_view SortedRuns::keyOf(const Slice &slice) const
{
    return std::string_view(m_buffer).substr(slice.keyAt, slice.keyBytes);
}

std::string_view SortedRuns::valueOf(const Slice &slice) const
{
    return std::string_view(m_buffer).substr(slice.keyAt + slice.keyBytes, slice.valueBytes);
}

Status SortedRuns::add(std::string_view key, std::string_view value)
{
    const size_t needed = key.size() + value.size() + sizeof(Slice);
    if (!m_slices.empty()
        && m_buffer.size() + m_slices.size() * sizeof(Slice) + needed > m_bufferBytes) {
        if (Status spilled = spill(); !spilled)
            return spilled;
    }
    // Reserved at once, because growing would hold the old and the new buffer.
    if (m_buffer.size() + key.size() + value.size() > m_bufferBytes / 8)
        m_buffer.reserve(std::max(m_bufferBytes, needed));
    m_slices.push_back({m_buffer.size(), key.size(), value.size()});
    m_buffer += key;
    m_buffer += value;
    return {};
}

void SortedRuns::sortBuffer()
{
    std::ranges::sort(m_slices, [this](const Slice &a, const Slice &b) {
        const int order = keyOf(a).compare(keyOf(b));
        return order != 0 ? order < 0 : a.keyAt < b.keyAt;
    });
}

Status SortedRuns::spill()
{
    sortBuffer();
    BufferMerge records(*this);
    auto run = writeRun(records);
    if (!run)
        return run.error();
    m_buffer.clear();
    m_slices.clear();
    if (m_levels.empty())
        m_levels.emplace_back();
    m_levels.front().push_back(std::move(*run));
    for (size_t level = 0; level < m_levels.size() && m_levels[level].size() == kRunsPerLevel;
         ++level) {
        if (Status merged = mergeLevel(level); !merged)
            return merged;
    }
    return {};
}

Result<std::string> SortedRuns::writeRun(Merge &records)
{
    const std::string name = m_name + '-' + std::to_string(++m_runsWritten) + ".run";
    auto file = m_folder.create(name);
    if (!file)
        return file.error();
    std::string piece;
    while (records.isValid()) {
        piece.clear();
        putLengthPrefixed(piece, records.key());
        putLengthPrefixed(piece, records.value());
        if (Status written = (*file)->append(piece); !written)
            return written.error();
        if (Status moved = records.next(); !moved)
            return moved.error();
    }
    if (Status closed = (*file)->close(); !closed)
        return closed.error();
    return name;
}

namespace {

template <typename Many, typename Run>
Status openRuns(const base::StagingFolder &folder, const std::vector<std::string> &names,
                Many &many)
{
    for (const std::string &name : names) {
        auto file = folder.open(name);
        if (!file)
            return file.error();
        auto run = std::make_unique<Run>(std::move(*file));
        if (Status read = run->next(); !read)
            return read;
        many.addPart(std::move(run));
    }
    return {};
}

} // namespace

Status SortedRuns::mergeLevel(size_t level)
{
    ManyMerge many;
    if (Status opened = openRuns<ManyMerge, RunMerge>(m_folder, m_levels[level], many); !opened)
        return opened;
    auto run = writeRun(many);
    if (!run)
        return run.error();
    for (const std::string &merged : m_levels[level])
        removeRun(merged);
    m_levels[level].clear();
    if (level + 1 == m_levels.size())
        m_levels.emplace_back();
    m_levels[level + 1].push_back(std::move(*run));
    return {};
}

Result<std::unique_ptr<SortedRuns::Merge>> SortedRuns::merge()
{
    sortBuffer();
    auto many = std::make_unique<ManyMerge>();
    // The highest level holds the oldest runs.
    for (auto level = m_levels.rbegin(); level != m_levels.rend(); ++level) {
        if (Status opened = openRuns<ManyMerge, RunMerge>(m_folder, *level, *many); !opened)
            return opened.error();
    }
    many->addPart(std::make_unique<BufferMerge>(*this));
    return std::unique_ptr<Merge>(std::move(many));
}

} // namespace store
