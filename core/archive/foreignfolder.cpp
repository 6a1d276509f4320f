#include "core/archive/entrypath.h"
#include "core/archive/foreignreader.h"
#include "core/base/file.h"
#include "core/base/text.h"

#include <algorithm>

namespace archive {

namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

/// `source` is the index of a path.
class FolderSource final : public ContentSource
{
public:
    explicit FolderSource(std::vector<fs::path> paths)
        : m_paths(std::move(paths))
    {
    }
    [[nodiscard]] Result<FilePtr> open(std::uint64_t source, std::uint64_t) const override
    {
        auto file = base::File::openRead(m_paths[static_cast<size_t>(source)]);
        if (!file)
            return file.error();
        return FilePtr(*std::move(file));
    }
    [[nodiscard]] const std::vector<fs::path> &paths() const { return m_paths; }

private:
    std::vector<fs::path> m_paths;
};

/// Goes through a folder without following links. Names begin with the folder's own.
class FolderWalk
{
public:
    explicit FolderWalk(const Limits &limits)
        : m_limits(limits)
        , m_contents(limits)
    {
    }

    Status walk(const fs::path &folder, const std::string &name, int depth)
    {
        std::error_code code;
        std::vector<fs::directory_entry> entries;
        for (fs::directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) {
            entries.push_back(*at);
            if (entries.size() > m_limits.maxEntries)
                return Error{ErrorKind::Hostile,
                             base::text("The archive is over the limit for %1; it is not opened.")
                                 .arg(base::text("entries")),
                             {}};
        }
        if (code)
            return Error{ErrorKind::Io,
                         base::text("The folder %1 could not be read.")
                             .arg(QString::fromStdString(base::toUtf8(folder))),
                         QString::fromStdString(code.message())};
        std::sort(entries.begin(), entries.end(),
                  [](const auto &a, const auto &b) { return a.path() < b.path(); });
        if (Status added = m_contents.addFolder(name); !added)
            return added;
        for (const fs::directory_entry &entry : entries) {
            if (Status taken =
                    take(entry, name + '/' + base::toUtf8(entry.path().filename()), depth);
                !taken)
                return taken;
        }
        return {};
    }

    Contents takeContents()
    {
        m_contents.arrange(std::nullopt);
        return std::move(m_contents);
    }
    std::vector<fs::path> takePaths() { return std::move(m_paths); }
    [[nodiscard]] std::uint64_t bytes() const { return m_bytes; }

private:
    Status take(const fs::directory_entry &entry, const std::string &name, int depth)
    {
        std::error_code code;
        const fs::file_status status = entry.symlink_status(code);
        switch (code ? fs::file_type::unknown : status.type()) {
        case fs::file_type::directory:
            if (depth >= m_limits.maxDepth)
                return m_contents.refuse("refused-name", name, base::text("it lies too deep"));
            return walk(entry.path(), name, depth + 1);
        case fs::file_type::regular: break;
        case fs::file_type::symlink:
            return m_contents.refuse("refused-link", name, base::text("it is a symbolic link"));
        default: return m_contents.refuse("refused-device", name, base::text("it is no file"));
        }
        const std::uint64_t size = entry.file_size(code);
        if (code)
            return m_contents.refuse("refused-type", name,
                                     base::text("its size could not be read"));
        m_bytes += size;
        m_paths.push_back(entry.path());
        return m_contents.addFile(name, size, m_paths.size() - 1);
    }

    Limits m_limits;
    Contents m_contents;
    std::vector<fs::path> m_paths;
    std::uint64_t m_bytes = 0;
};

/// Every file can be read to its end, and was not shortened meanwhile.
Result<std::vector<Finding>> readEverything(const Contents &contents, const FolderSource &source,
                                            const Reader::Progress &progress)
{
    FindingList findings = contents.findings();
    std::uint64_t bytes = 0;
    const auto sink = [&](std::string_view piece) {
        bytes += piece.size();
        return progress ? progress(bytes) : Status{};
    };
    const auto readFile = [&](const Contents::File &file) -> Status {
        const auto reader = source.open(file.source, file.size);
        const Status read = reader ? base::readAll(**reader, sink) : Status(reader.error());
        if (read || read.error().kind == ErrorKind::Cancelled)
            return read;
        findings.add("file-unreadable",
                     base::toUtf8(source.paths()[static_cast<size_t>(file.source)]),
                     read.error().message);
        return {};
    };
    for (const auto &[directory, database] : contents.databases()) {
        for (const Contents::File &file : database.files) {
            if (Status read = readFile(file); !read)
                return read.error();
        }
    }
    for (const auto &[path, file] : contents.looseFiles()) {
        if (Status read = readFile(file); !read)
            return read.error();
    }
    return findings.list();
}

} // namespace

Result<std::unique_ptr<Reader>> openFolder(const fs::path &path, const Reader::Options &options)
{
    FolderWalk walk(options.limits);
    const fs::path clean = fs::absolute(path).lexically_normal();
    const fs::path own = clean.has_filename() ? clean.filename() : clean.parent_path().filename();
    const std::string ownName = base::toUtf8(own);
    const bool usable = !ownName.empty() && !pathFault(ownName, options.limits);
    if (Status walked = walk.walk(path, usable ? ownName : "folder", 0); !walked)
        return walked.error();
    const auto source = std::make_shared<const FolderSource>(walk.takePaths());
    const Contents contents = walk.takeContents();
    auto check = [contents, source](const Reader::Progress &progress) {
        return readEverything(contents, *source, progress);
    };
    return makeForeignReader(QString::fromStdString(base::toUtf8(path)), walk.bytes(), contents,
                             source, check);
}

} // namespace archive
