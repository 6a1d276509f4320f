#include "tests/ctl/ctltesting.h"

#include "app/ctl/command.h"
#include "core/archive/writer.h"
#include "core/base/json.h"
#include "core/store/keyspace.h"

#include <leveldb/db.h>

#include <fstream>
#include <sstream>

namespace ctltesting {

namespace fs = std::filesystem;

std::string predecessorArchive()
{
    return FM_SOURCE_DIR "/tests/data/pouchdb/made-by-pouchdb-7.3.0/2026-11-23T16_03_52.749Z.tgz";
}

Outcome run(const std::vector<std::string> &arguments, const std::stop_token &stop)
{
    std::ostringstream out;
    std::ostringstream err;
    Outcome outcome;
    outcome.code = ctl::runCommandLine(arguments, {out, err, base::systemClock(), stop});
    outcome.out = out.str();
    outcome.err = err.str();
    return outcome;
}

namespace {

QString flawOfSentence(const std::string &text)
{
    if (text.empty() || !(text.back() == '.' || text.back() == '?'))
        return QStringLiteral("It does not end like a sentence.");
    if (text.ends_with("..") || text.find(".. ") != std::string::npos)
        return QStringLiteral("A sentence in it ends twice.");
    for (const char *word : {"CLI", "TEXT", "REQUIRED", "std::", "errno", "0x", "leveldb",
                             "exception", "injected", "  "}) {
        if (text.find(word) != std::string::npos)
            return QStringLiteral("It holds \"%1\".").arg(QLatin1String(word));
    }
    return {};
}

} // namespace

QString flawOf(const Outcome &failure, bool asJson)
{
    const std::string &told = asJson ? failure.out : failure.err;
    const std::string &other = asJson ? failure.err : failure.out;
    if (!other.empty())
        return QStringLiteral("Something is on the other stream.");
    if (told.empty() || told.back() != '\n' || told.find('\n') + 1 != told.size())
        return QStringLiteral("It is not exactly one line.");
    if (!asJson) {
        constexpr std::string_view name = "focus-monitorctl: ";
        if (!told.starts_with(name))
            return QStringLiteral("It does not begin with the program's name.");
        return flawOfSentence(told.substr(name.size(), told.size() - name.size() - 1));
    }
    if (memberNames(told) != "error"
        || memberNames(valueAt(told, {"error"})) != "code message remedy")
        return QStringLiteral("It is not the object of an error.");
    return flawOfSentence(base::json::unescape(valueAt(told, {"error", "message"})));
}

Workplace::Workplace()
    : m_temporaryBefore(qgetenv("TMPDIR"))
{
    qputenv("TMPDIR", m_folder.path().toUtf8());
}

Workplace::~Workplace()
{
    if (m_temporaryBefore.isNull())
        qunsetenv("TMPDIR");
    else
        qputenv("TMPDIR", m_temporaryBefore);
}

std::string Workplace::path(const std::string &name) const
{
    return m_folder.path().toStdString() + '/' + name;
}

void Workplace::put(const std::string &name, std::string_view bytes) const
{
    std::ofstream(path(name), std::ios::binary) << bytes;
}

std::set<std::string> Workplace::names() const
{
    std::set<std::string> names;
    const fs::path top = base::fromUtf8(m_folder.path().toStdString());
    for (const auto &entry : fs::recursive_directory_iterator(top))
        names.insert(base::toUtf8(entry.path().lexically_relative(top)));
    return names;
}

struct ForgedDatabase::Handle {
    std::unique_ptr<leveldb::DB> database;
};

ForgedDatabase::ForgedDatabase(const std::string &folder)
    : m_handle(std::make_unique<Handle>())
{
    fs::create_directories(base::fromUtf8(folder));
    leveldb::Options options;
    options.create_if_missing = true;
    leveldb::DB *database = nullptr;
    if (!leveldb::DB::Open(options, folder, &database).ok())
        qFatal("The forged database could not be made.");
    m_handle->database.reset(database);
}

ForgedDatabase::~ForgedDatabase() = default;

void ForgedDatabase::putRecord(std::string_view store, std::string_view key, std::string_view value)
{
    const std::string whole = store::storeKey(store, key);
    if (!m_handle->database->Put({}, whole, {value.data(), value.size()}).ok())
        qFatal("A record of the forged database could not be written.");
}

void ForgedDatabase::putDocument(const std::string &id, std::uint64_t seq, const std::string &body,
                                 const std::string &hash)
{
    const std::string rev = base::json::quoted("1-" + hash);
    const std::string number = std::to_string(seq);
    putRecord(store::kDocumentStore, id,
              R"({"id":)" + base::json::quoted(id) + R"(,"rev":)" + rev
                  + R"(,"rev_tree":[{"pos":1,"ids":[)" + base::json::quoted(hash)
                  + R"(,{"status":"available"},[]]}],"rev_map":{)" + rev + ':' + number
                  + R"(},"winningRev":)" + rev + R"(,"deleted":false,"seq":)" + number + '}');
    putRecord(store::kBySequenceStore, store::sequenceKey(seq), body);
}

void writeArchive(const std::string &path, const archive::Manifest &manifest,
                  const std::string &folders)
{
    const auto check = [](const auto &result) {
        if (!result)
            qFatal("The archive could not be written: %s", qPrintable(result.error().message));
    };
    auto file = base::File::create(base::fromUtf8(path));
    check(file);
    auto writer = archive::Writer::create(std::move(*file), "2026-11-23T03_00_00.000Z", {});
    check(writer);
    check((*writer)->addFolder(""));
    check((*writer)->addBytes(
        "format.json", archive::encodeFormat(manifest.runId, manifest.startedAt, manifest.tool)));
    for (const archive::ManifestDatabase &database : manifest.databases) {
        if (database.directory.empty())
            continue;
        check((*writer)->addFolder(database.directory));
        for (const auto &entry :
             fs::directory_iterator(base::fromUtf8(folders + '/' + database.directory))) {
            const auto content = base::readFile(entry.path(), std::uint64_t{1} << 30);
            check(content);
            check((*writer)->addBytes(
                database.directory + '/' + base::toUtf8(entry.path().filename()), *content));
        }
    }
    check((*writer)->addBytes("manifest.json", archive::encodeManifest(manifest)));
    check((*writer)->finish());
}

std::string memberNames(std::string_view json)
{
    std::string names;
    const auto members = base::json::members(json);
    if (!members)
        return names;
    for (const base::json::Member &member : *members)
        names += (names.empty() ? "" : " ") + base::json::unescape(member.key);
    return names;
}

std::string valueAt(std::string_view json, const std::vector<std::string> &path)
{
    for (const std::string &step : path) {
        if (const auto members = base::json::members(json)) {
            json = base::json::find(*members, step).value_or("");
        } else if (const auto elements = base::json::elements(json)) {
            const auto index = base::json::toUnsigned(step);
            json =
                index && *index < elements->size() ? (*elements)[static_cast<size_t>(*index)] : "";
        } else {
            return {};
        }
    }
    return std::string(json);
}

} // namespace ctltesting
