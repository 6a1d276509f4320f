#include "tests/archive/archivetesting.h"

#include "core/archive/entrypath.h"
#include "core/archive/manifest.h"

#include <QProcess>
#include <QStandardPaths>

#include <algorithm>
#include <array>
#include <functional>
#include <random>
#include <set>

namespace archivetesting {

using archive::Reader;
using archive::Writer;
using base::Result;

std::string someBytes(size_t size, unsigned seed, int repetition)
{
    constexpr size_t lineBytes = 64;
    std::mt19937_64 random(seed);
    std::array<std::uint64_t, lineBytes / sizeof(std::uint64_t)> line{};
    std::string bytes;
    bytes.reserve(size + lineBytes);
    for (int number = 0; bytes.size() < size; ++number) {
        if (repetition == 0 || number % repetition == 0)
            std::generate(line.begin(), line.end(), std::ref(random)); // a copy would repeat itself
        bytes.append(reinterpret_cast<const char *>(line.data()), lineBytes);
    }
    bytes.resize(size);
    return bytes;
}

base::fs::path Workplace::path(const std::string &name) const
{
    return base::fromUtf8(m_folder.path().toStdString()) / base::fromUtf8(name);
}

std::string Workplace::write(const std::string &name, const std::string &bytes) const
{
    const base::fs::path file = path(name);
    if (!base::writeFileAtomically(file, bytes))
        return {};
    return base::toUtf8(file);
}

void addDatabase(Files &files, const std::string &directory, const std::string &log)
{
    files[directory + "/000003.log"] = log;
    files[directory + "/CURRENT"] = "MANIFEST-000002\n";
    files[directory + "/MANIFEST-000002"] = someBytes(50, static_cast<unsigned>(directory.size()));
}

std::string writeArchive(const base::fs::path &path, const Files &files, Writer::Options options)
{
    auto file = base::File::create(path);
    if (!file)
        return file.error().message.toStdString();
    auto writer = Writer::create(*std::move(file), kRoot, options);
    if (!writer)
        return writer.error().message.toStdString();
    base::Status status = (*writer)->addFolder("");
    if (status && !files.contains("format.json"))
        status = (*writer)->addBytes(
            "format.json",
            archive::encodeFormat("00000000-run", "2026-11-23T03:00:00.000Z", "test 1"));
    std::set<std::string> folders;
    for (const auto &[name, content] : files) {
        const std::string folder(archive::parentOf(name));
        if (status && !folder.empty() && folders.insert(folder).second)
            status = (*writer)->addFolder(folder);
        if (status)
            status = (*writer)->addBytes(name, content);
    }
    if (!status)
        return status.error().message.toStdString();
    const auto size = (*writer)->finish();
    return size ? std::string{} : size.error().message.toStdString();
}

std::string archiveBytes(const Files &files, Writer::Options options)
{
    const Workplace place;
    const std::string error = writeArchive(place.path("archive"), files, options);
    if (!error.empty())
        return {};
    const auto bytes = base::readFile(place.path("archive"), std::uint64_t{1} << 32);
    return bytes ? *bytes : std::string{};
}

Result<std::unique_ptr<Reader>> openBytes(std::string bytes, Reader::Options options)
{
    return Reader::open(std::make_shared<base::MemoryReader>(std::move(bytes)),
                        QStringLiteral("test.tgz"), options);
}

Result<Files> readEverything(const Reader &reader)
{
    Files files;
    for (const auto &database : reader.databases()) {
        const auto set = reader.openDatabase(database.directory);
        if (!set)
            return set.error();
        for (const auto &entry : (*set)->files()) {
            const auto file = (*set)->open(entry.name);
            if (!file)
                return file.error();
            auto content = base::readWhole(**file, std::uint64_t{1} << 32);
            if (!content)
                return content.error();
            files[database.directory + '/' + entry.name] = *std::move(content);
        }
    }
    for (const auto &entry : reader.looseFiles()) {
        auto content = reader.readLooseFile(entry.name, std::uint64_t{1} << 32);
        if (!content)
            return content.error();
        files[entry.name] = *std::move(content);
    }
    return files;
}

bool hasFinding(const std::vector<archive::Finding> &findings, const std::string &code)
{
    return std::any_of(findings.begin(), findings.end(),
                       [&](const auto &finding) { return finding.code == code; });
}

bool hasFatal(const std::vector<archive::Finding> &findings)
{
    return std::any_of(findings.begin(), findings.end(),
                       [](const auto &finding) { return finding.fatal; });
}

QString describe(const std::vector<archive::Finding> &findings)
{
    QStringList lines;
    for (const auto &finding : findings)
        lines << QString::fromStdString(finding.code + ' ' + finding.path + ": ") + finding.message;
    return lines.join(QLatin1Char('\n'));
}

CommandOutput runCommand(const QString &program, const QStringList &arguments)
{
    QProcess process;
    process.start(program, arguments);
    if (!process.waitForFinished(120'000))
        return {-1, {}, process.errorString().toUtf8()};
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

} // namespace archivetesting
