// storetool dump DIR...         one line of JSON for each, in the format of tests/interop/dump.js
// storetool examine DIR...      facts and problems
// storetool write DIR < SPEC    a new directory with the documents of a specification
// (specwriter.h)
#include "core/store/writer.h"
#include "tests/store/canonicaldump.h"
#include "tests/store/folderfiles.h"
#include "tests/store/specwriter.h"

#include <iostream>
#include <iterator>

using base::Status;

namespace {

int fail(const std::string &what, const base::Error &error)
{
    std::cerr << "storetool: " << what << ": " << error.message.toStdString() << ' '
              << error.detail.toStdString() << '\n';
    return 1;
}

int dump(const std::string &dir)
{
    auto reader =
        store::Reader::open(std::make_shared<teststore::FolderFiles>(base::fromUtf8(dir)));
    if (!reader)
        return fail(dir, reader.error());
    const auto text = teststore::canonicalDump(**reader);
    if (!text)
        return fail(dir, text.error());
    std::cout << *text << '\n';
    return 0;
}

int examine(const std::string &dir)
{
    auto reader =
        store::Reader::open(std::make_shared<teststore::FolderFiles>(base::fromUtf8(dir)));
    if (!reader)
        return fail(dir, reader.error());
    const auto result = store::examine(**reader);
    if (!result)
        return fail(dir, result.error());
    const store::Facts &facts = result->facts;
    std::cout << "documents " << facts.documents << " deleted " << facts.deleted << " leaves "
              << facts.leaves << " conflicted " << facts.conflicted << " attachments "
              << facts.attachments << " bytes " << facts.attachmentBytes << " leafset "
              << facts.leafSet.hex() << " content " << facts.contentHash << '\n';
    for (const store::Problem &problem : result->problems)
        std::cout << problem.code << ' ' << problem.message.toStdString() << '\n';
    return result->problems.empty() ? 0 : 2;
}

Status copyOut(const base::StagingFolder &from, const base::fs::path &to)
{
    if (Status made = base::makeFolder(to); !made)
        return made;
    for (const auto &entry : from.files()) {
        auto reader = from.open(entry.name);
        if (!reader)
            return reader.error();
        auto file = base::File::create(to / base::fromUtf8(entry.name));
        if (!file)
            return file.error();
        const Status copied =
            base::readAll(**reader, [&](std::string_view piece) { return (*file)->append(piece); });
        if (!copied)
            return copied;
        if (Status closed = (*file)->close(); !closed)
            return closed;
    }
    return {};
}

int write(const std::string &dir)
{
    const std::string spec{std::istreambuf_iterator<char>(std::cin), {}};
    base::StagingFolder staging(base::fromUtf8(dir + ".staging"), std::uint64_t{1} << 20);
    auto writer = store::Writer::create(staging);
    if (!writer)
        return fail(dir, writer.error());
    if (Status written = teststore::writeSpec(spec, **writer); !written)
        return fail(dir, written.error());
    if (const auto facts = (*writer)->finish(); !facts)
        return fail(dir, facts.error());
    if (Status copied = copyOut(staging, base::fromUtf8(dir)); !copied)
        return fail(dir, copied.error());
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    const std::string verb = argc > 2 ? argv[1] : "";
    int worst = 0;
    for (int i = 2; i < argc; ++i) {
        const std::string dir = argv[i];
        const int code = verb == "dump" ? dump(dir)
            : verb == "examine"         ? examine(dir)
            : verb == "write"           ? write(dir)
                                        : 64;
        worst = std::max(worst, code);
    }
    if (worst == 64 || argc < 3)
        std::cerr << "usage: storetool dump|examine|write DIR...\n";
    return argc < 3 ? 64 : worst;
}
