#include "core/archive/tarlisting.h"
#include "tests/fuzz/targets.h"

namespace {

using archive::TarEntry;
using archive::TarGrammar;

/// What a tar tells, as text.
class Log final : public TarGrammar::Handler
{
public:
    base::Status entry(const TarEntry &entry) override
    {
        note("entry", entry);
        return {};
    }
    base::Status refused(const char *code, const TarEntry &entry, const QString &why) override
    {
        note(code, entry);
        text += why.toStdString();
        return {};
    }
    void content(std::string_view bytes) override { contents += bytes; }
    void contentEnded() override { text += "|ended"; }
    void note(const char *what, const TarEntry &entry)
    {
        text += '|' + std::string(what) + ' ' + entry.name + ' ' + std::to_string(entry.size) + ' '
            + std::to_string(entry.offset) + ' ' + entry.type;
    }

    std::string text;
    std::string contents;
};

void noteEnd(Log &log, const TarGrammar &grammar)
{
    log.text += '|' + (grammar.fault() ? grammar.fault()->code : std::string("sound"))
        + (grammar.hasEnded() ? " ended" : "") + (grammar.isBetweenEntries() ? " between" : "");
}

Log readInPieces(std::string_view input, size_t piece)
{
    Log log;
    TarGrammar grammar(log);
    for (size_t at = 0; at < input.size(); at += piece)
        static_cast<void>(grammar.feed(input.substr(at, piece)));
    noteEnd(log, grammar);
    return log;
}

Log readSkipping(std::string_view input)
{
    Log log;
    TarGrammar grammar(log);
    while (!input.empty()) {
        const auto skippable =
            static_cast<size_t>(std::min<std::uint64_t>(grammar.skippable(), input.size()));
        if (skippable > 0) {
            grammar.skip(skippable);
            input.remove_prefix(skippable);
        } else {
            const size_t taken = std::min<size_t>(input.size(), 64);
            static_cast<void>(grammar.feed(input.substr(0, taken)));
            input.remove_prefix(taken);
        }
    }
    noteEnd(log, grammar);
    return log;
}

/// A relative path that stays where it is, whatever system reads it.
bool isSafe(std::string_view path)
{
    for (bool isLast = false; !isLast;) {
        const size_t slash = path.find('/');
        isLast = slash == std::string_view::npos;
        const std::string_view part = path.substr(0, slash);
        if (part.empty() || part == "." || part == ".."
            || part.find_first_of(std::string_view("\\\0", 2)) != std::string_view::npos)
            return false;
        path.remove_prefix(isLast ? 0 : slash + 1);
    }
    return true;
}

/// Only names that harm nobody come out of a listing ("." is a root that is a database itself), and
/// only content that is there.
std::string listed(std::string_view input)
{
    archive::TarListing listing{archive::Limits{}};
    if (!listing.grammar().feed(input))
        return {}; // a limit
    const archive::Contents contents = listing.take(false);
    for (const auto &[directory, database] : contents.databases()) {
        for (const archive::Contents::File &file : database.files) {
            if (!isSafe(directory == "." ? file.name : directory + '/' + file.name)
                || file.name.find('/') != std::string::npos)
                return "an unsafe name came through: " + directory + '/' + file.name;
            if (file.source > input.size() || file.size > input.size() - file.source)
                return "the content of " + file.name + " is not there";
        }
    }
    for (const auto &[path, file] : contents.looseFiles()) {
        if (!isSafe(path))
            return "an unsafe name came through: " + path;
        if (file.source > input.size() || file.size > input.size() - file.source)
            return "the content of " + path + " is not there";
    }
    return {};
}

} // namespace

std::string fuzz::tar(std::string_view input)
{
    const Log whole = readInPieces(input, std::max<size_t>(input.size(), 1));
    const size_t smallest = input.size() > 4096 ? 101 : 1; // byte by byte takes its time
    for (const size_t piece : {smallest, size_t{512}, size_t{1025}}) {
        const Log pieces = readInPieces(input, piece);
        if (pieces.text != whole.text || pieces.contents != whole.contents)
            return "read in pieces of " + std::to_string(piece) + ": " + pieces.text
                + "\nnot: " + whole.text;
    }
    if (const Log skipping = readSkipping(input); skipping.text != whole.text)
        return "skipping: " + skipping.text + "\nnot: " + whole.text;
    return listed(input);
}
