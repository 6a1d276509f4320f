#include "core/backup/catalogue.h"

#include "core/backup/archiveview.h"
#include "core/backup/folder.h"
#include "core/backup/foldername.h"
#include "core/backup/stopping.h"
#include "core/base/clock.h"
#include "core/base/text.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <array>
#include <numeric>
#include <system_error>

namespace backup {

namespace {

using archive::Origin;
using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
namespace fs = base::fs;

constexpr const char *kCacheName = "catalogue.json";
constexpr const char *kKeepsakesName = "pinned.json";
constexpr int kCacheVersion = 1;
constexpr std::uint64_t kFileLimitBytes = std::uint64_t{64} << 20;

struct OriginName {
    Origin origin;
    const char *name;
};
constexpr std::array kOriginNames{
    OriginName{Origin::Ours, "ours"},
    OriginName{Origin::CutShort, "cut-short"},
    OriginName{Origin::Predecessor, "predecessor"},
    OriginName{Origin::Foreign, "foreign"},
};

QString nameOf(Origin origin)
{
    const auto found = std::find_if(kOriginNames.begin(), kOriginNames.end(),
                                    [&](const OriginName &it) { return it.origin == origin; });
    return QString::fromLatin1(found->name);
}

std::optional<Origin> originNamed(const QString &name)
{
    const auto found =
        std::find_if(kOriginNames.begin(), kOriginNames.end(),
                     [&](const OriginName &it) { return name == QLatin1String(it.name); });
    return found == kOriginNames.end() ? std::nullopt : std::optional(found->origin);
}

// JSON numbers of Qt are doubles, exact to 2^53: enough for sizes and milliseconds; the file's
// ticks are not, and go as text.
qint64 milliseconds(TimePoint time)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

TimePoint timeOfMilliseconds(qint64 value)
{
    return TimePoint(std::chrono::milliseconds(value));
}

QJsonObject encode(const CatalogueEntry &entry)
{
    QJsonObject object{
        {QStringLiteral("name"), QString::fromStdString(entry.name)},
        {QStringLiteral("size"), static_cast<qint64>(entry.size)},
        {QStringLiteral("modified"), QString::number(entry.modified)},
        {QStringLiteral("taken"), milliseconds(entry.taken)},
        {QStringLiteral("origin"), nameOf(entry.origin)},
        {QStringLiteral("complete"), entry.isComplete},
        {QStringLiteral("databases"), static_cast<qint64>(entry.databases)},
        {QStringLiteral("reused"), static_cast<qint64>(entry.reused)},
        {QStringLiteral("documents"), static_cast<qint64>(entry.documents)},
        {QStringLiteral("deleted"), static_cast<qint64>(entry.deleted)},
        {QStringLiteral("omissions"), static_cast<qint64>(entry.omissions)},
        {QStringLiteral("server"), QString::fromStdString(entry.server)},
        {QStringLiteral("problem"), entry.problem},
    };
    if (entry.verified)
        object.insert(QStringLiteral("verified"), milliseconds(*entry.verified));
    return object;
}

/// Nothing for what this version would not have written.
std::optional<CatalogueEntry> decode(const QJsonObject &object)
{
    const auto origin = originNamed(object.value(QStringLiteral("origin")).toString());
    const auto number = [&object](const char *key) {
        return static_cast<std::uint64_t>(object.value(QLatin1String(key)).toInteger());
    };
    CatalogueEntry entry;
    entry.name = object.value(QStringLiteral("name")).toString().toStdString();
    if (!origin || entry.name.empty())
        return std::nullopt;
    entry.origin = *origin;
    entry.size = number("size");
    entry.modified = object.value(QStringLiteral("modified")).toString().toLongLong();
    entry.taken = timeOfMilliseconds(object.value(QStringLiteral("taken")).toInteger());
    entry.isComplete = object.value(QStringLiteral("complete")).toBool();
    entry.databases = number("databases");
    entry.reused = number("reused");
    entry.documents = number("documents");
    entry.deleted = number("deleted");
    entry.omissions = number("omissions");
    entry.server = object.value(QStringLiteral("server")).toString().toStdString();
    entry.problem = object.value(QStringLiteral("problem")).toString();
    if (object.contains(QStringLiteral("verified")))
        entry.verified = timeOfMilliseconds(object.value(QStringLiteral("verified")).toInteger());
    return entry;
}

std::uint64_t sizeOfTree(const fs::path &path)
{
    std::uint64_t bytes = 0;
    std::error_code code;
    if (!fs::is_directory(fs::symlink_status(path, code)))
        return fs::is_regular_file(fs::symlink_status(path, code)) ? fs::file_size(path, code) : 0;
    for (fs::recursive_directory_iterator entry(path, code), end; !code && entry != end;
         entry.increment(code)) {
        std::error_code one;
        if (entry->is_regular_file(one) && !entry->is_symlink(one))
            bytes += entry->file_size(one);
    }
    return bytes;
}

void addManifest(CatalogueEntry &entry, const archive::Manifest &manifest)
{
    entry.isComplete = manifest.isComplete();
    entry.server = manifest.server;
    if (const auto started = base::timeOfIso(manifest.startedAt))
        entry.taken = *started;
    entry.omissions = manifest.omissions.size();
    for (const archive::ManifestDatabase &database : manifest.databases) {
        entry.reused += database.reused ? 1 : 0;
        entry.documents += database.documents;
        entry.deleted += database.deleted;
        entry.omissions += database.omissions.size();
    }
}

/// What stands in the archive. One that cannot be opened has a problem.
void readArchive(CatalogueEntry &entry, const fs::path &path, const fs::path &scratch,
                 const std::stop_token &stop)
{
    const auto view = ArchiveView::open(path, scratch, unlessStopped(stop));
    if (!view) {
        entry.problem = view.error().message;
        return;
    }
    entry.origin = (*view)->reader().origin();
    entry.databases = (*view)->names().size();
    if ((*view)->manifest())
        addManifest(entry, *(*view)->manifest());
    const auto losses = (*view)->losses();
    if (!losses.empty())
        entry.problem = losses.front().message;
    else if (entry.origin == Origin::Ours && !(*view)->manifest())
        entry.problem = base::text("Its manifest cannot be read.");
}

} // namespace

RetentionItem CatalogueEntry::retentionItem() const
{
    // What a run of ours published was verified by it.
    return {name, taken, origin == archive::Origin::Ours, problem.isEmpty(), isComplete, isPinned};
}

Result<Catalogue> Catalogue::open(fs::path stateFolder)
{
    Catalogue catalogue(std::move(stateFolder));
    if (Status loaded = catalogue.loadKeepsakes(); !loaded)
        return loaded.error();
    catalogue.loadCache();
    return catalogue;
}

void Catalogue::loadCache()
{
    const auto text = base::readFile(m_stateFolder / kCacheName, kFileLimitBytes);
    if (!text)
        return; // it is made anew
    const QJsonObject root = QJsonDocument::fromJson(QByteArray::fromStdString(*text)).object();
    if (root.value(QStringLiteral("version")).toInt() != kCacheVersion)
        return;
    for (const QJsonValue &value : root.value(QStringLiteral("archives")).toArray()) {
        if (auto entry = decode(value.toObject()))
            m_entries.push_back(std::move(*entry));
    }
    sort();
}

Status Catalogue::saveCache() const
{
    QJsonArray archives;
    for (const CatalogueEntry &entry : m_entries)
        archives.append(encode(entry));
    const QJsonObject root{{QStringLiteral("version"), kCacheVersion},
                           {QStringLiteral("archives"), archives}};
    if (Status made = base::makeFolder(m_stateFolder); !made)
        return made;
    return base::writeFileAtomically(
        m_stateFolder / kCacheName,
        QJsonDocument(root).toJson(QJsonDocument::Compact).toStdString());
}

Status Catalogue::loadKeepsakes()
{
    const fs::path path = m_stateFolder / kKeepsakesName;
    std::error_code code;
    if (!fs::exists(path, code) && !code)
        return {};
    const auto damaged = [&path](const QString &why) {
        return Error{
            ErrorKind::Corrupt,
            base::text(
                "The list of pinned backups, %1, cannot be read: %2 Mend it, or delete it to begin "
                "without pins; until then no backup is removed.")
                .arg(base::printable(base::toUtf8(path), 1000), why)};
    };
    const auto text = base::readFile(path, kFileLimitBytes);
    if (!text)
        return damaged(text.error().message);
    QJsonParseError fault{};
    const QJsonDocument document =
        QJsonDocument::fromJson(QByteArray::fromStdString(*text), &fault);
    if (fault.error != QJsonParseError::NoError || !document.isObject())
        return damaged(base::text("it is not the JSON object that was written."));
    const QJsonObject object = document.object();
    for (auto it = object.begin(); it != object.end(); ++it) {
        if (!it.value().isObject())
            return damaged(base::text("the entry %1 is not as it was written.")
                               .arg(base::printable(it.key().toStdString())));
        const QJsonObject one = it.value().toObject();
        m_keepsakes[it.key().toStdString()] = {one.value(QStringLiteral("pinned")).toBool(),
                                               one.value(QStringLiteral("note")).toString()};
    }
    return {};
}

Status Catalogue::saveKeepsakes() const
{
    QJsonObject object;
    for (const auto &[name, keepsake] : m_keepsakes)
        object.insert(QString::fromStdString(name),
                      QJsonObject{{QStringLiteral("pinned"), keepsake.isPinned},
                                  {QStringLiteral("note"), keepsake.note}});
    if (Status made = base::makeFolder(m_stateFolder); !made)
        return made;
    return base::writeFileAtomically(m_stateFolder / kKeepsakesName,
                                     QJsonDocument(object).toJson().toStdString());
}

void Catalogue::sort()
{
    std::sort(m_entries.begin(), m_entries.end(),
              [](const CatalogueEntry &a, const CatalogueEntry &b) {
                  return a.taken != b.taken ? a.taken > b.taken : a.name > b.name;
              });
}

const CatalogueEntry *Catalogue::find(const std::string &name) const
{
    const auto found = std::find_if(m_entries.begin(), m_entries.end(),
                                    [&](const CatalogueEntry &it) { return it.name == name; });
    return found == m_entries.end() ? nullptr : &*found;
}

CatalogueEntry *Catalogue::entryOf(const std::string &name)
{
    const auto found = std::find_if(m_entries.begin(), m_entries.end(),
                                    [&](const CatalogueEntry &it) { return it.name == name; });
    return found == m_entries.end() ? nullptr : &*found;
}

Status Catalogue::refresh(const fs::path &folder, const std::stop_token &stop)
{
    std::vector<CatalogueEntry> entries;
    std::vector<Leftover> leftovers;
    std::error_code code;
    for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
        if (stop.stop_requested())
            return Error{ErrorKind::Cancelled, base::text("Stopped.")};
        const std::string name = base::toUtf8(it->path().filename());
        std::error_code one;
        const auto status = it->symlink_status(one);
        if (isLeftoverName(name) || (fs::is_directory(status) && isTimestamp(name))) {
            leftovers.push_back({name, sizeOfTree(it->path()), isLeftoverName(name)});
            continue;
        }
        if (!fs::is_regular_file(status) || !name.ends_with(".tgz"))
            continue;
        CatalogueEntry entry;
        entry.name = name;
        entry.size = it->file_size(one);
        const auto modified = it->last_write_time(one);
        if (one)
            continue; // gone meanwhile
        entry.modified = modified.time_since_epoch().count();
        const CatalogueEntry *known = find(name);
        if (known != nullptr && known->size == entry.size && known->modified == entry.modified) {
            entry = *known;
        } else {
            entry.taken =
                timeInName(name).value_or(std::chrono::time_point_cast<TimePoint::duration>(
                    std::chrono::file_clock::to_sys(modified)));
            readArchive(entry, it->path(), m_stateFolder, stop);
            if (stop.stop_requested())
                return Error{ErrorKind::Cancelled, base::text("Stopped.")};
        }
        const auto keepsake = m_keepsakes.find(name);
        entry.isPinned = keepsake != m_keepsakes.end() && keepsake->second.isPinned;
        entry.note = keepsake != m_keepsakes.end() ? keepsake->second.note : QString();
        entries.push_back(std::move(entry));
    }
    if (code)
        return Error{ErrorKind::Io,
                     base::text("The backup folder %1 could not be read: %2.")
                         .arg(base::printable(base::toUtf8(folder), 1000),
                              QString::fromStdString(code.message()))};
    std::sort(leftovers.begin(), leftovers.end(),
              [](const Leftover &a, const Leftover &b) { return a.name < b.name; });
    m_entries = std::move(entries);
    m_leftovers = std::move(leftovers);
    sort();
    return saveCache();
}

Status Catalogue::setPinned(const std::string &name, bool isPinned)
{
    CatalogueEntry *entry = entryOf(name);
    if (entry == nullptr)
        return Error{ErrorKind::NotFound,
                     base::text("There is no backup %1.").arg(base::printable(name))};
    m_keepsakes[name].isPinned = isPinned;
    if (Status saved = saveKeepsakes(); !saved)
        return saved;
    entry->isPinned = isPinned;
    return {};
}

Status Catalogue::setNote(const std::string &name, const QString &note)
{
    CatalogueEntry *entry = entryOf(name);
    if (entry == nullptr)
        return Error{ErrorKind::NotFound,
                     base::text("There is no backup %1.").arg(base::printable(name))};
    m_keepsakes[name].note = note;
    if (Status saved = saveKeepsakes(); !saved)
        return saved;
    entry->note = note;
    return {};
}

Status Catalogue::noteVerified(const std::string &name, TimePoint when, const QString &problem)
{
    CatalogueEntry *entry = entryOf(name);
    if (entry == nullptr)
        return Error{ErrorKind::NotFound,
                     base::text("There is no backup %1.").arg(base::printable(name))};
    entry->problem = problem;
    if (problem.isEmpty())
        entry->verified = when;
    return saveCache();
}

} // namespace backup
