#include "core/archive/reader.h"
#include "tests/fuzz/targets.h"

namespace {

using archive::Reader;

constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 20;

/// Reads all of a database; what cannot be read is refused, and that is fine.
std::string readFiles(const Reader &reader, const std::string &directory)
{
    const auto files = reader.openDatabase(directory);
    if (!files)
        return {};
    std::uint64_t total = 0;
    for (const base::FileSet::Entry &entry : (*files)->files()) {
        const auto file = (*files)->open(entry.name);
        if (!file)
            continue;
        if ((*file)->size() != entry.size)
            return entry.name + " has another size than its set says";
        const auto bytes = base::readWhole(**file, kMostBytes);
        if (bytes && bytes->size() != entry.size)
            return entry.name + " gave another number of bytes";
        total += entry.size;
    }
    return total > kMostBytes ? "the limit for all bytes did not hold" : std::string();
}

} // namespace

/// An archive from anywhere, opened and read to its end.
std::string fuzz::archive(std::string_view input)
{
    Reader::Options options;
    options.limits.maxTotalBytes = kMostBytes;
    options.limits.maxEntries = 2000;
    const auto reader = Reader::open(std::make_shared<base::MemoryReader>(std::string(input)),
                                     QStringLiteral("input"), options);
    if (!reader)
        return reader.error().message.isEmpty() ? "an error without a sentence" : std::string();
    for (const Reader::Database &database : (*reader)->databases()) {
        if (std::string wrong = readFiles(**reader, database.directory); !wrong.empty())
            return wrong;
    }
    for (const base::FileSet::Entry &entry : (*reader)->looseFiles())
        static_cast<void>((*reader)->readLooseFile(entry.name, kMostBytes));
    static_cast<void>((*reader)->checkIntegrity({}));
    return {};
}
