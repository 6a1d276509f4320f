#include "tests/store/fixtures.h"

#include "tests/store/folderfiles.h"
#include "tests/store/specwriter.h"

#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QTemporaryDir>

namespace teststore {

MemoryFiles::Bytes bytesOf(const base::FileSet &files)
{
    MemoryFiles::Bytes bytes;
    for (const auto &entry : files.files()) {
        const auto reader = files.open(entry.name);
        if (!reader)
            qFatal("cannot open %s", entry.name.c_str());
        auto whole = base::readWhole(**reader, std::uint64_t{1} << 32);
        if (!whole)
            qFatal("cannot read %s", entry.name.c_str());
        bytes[entry.name] = std::move(*whole);
    }
    return bytes;
}

QByteArray Fixture::title() const
{
    return QByteArray::fromStdString(name + " made by PouchDB " + madeBy);
}

namespace {

QString dataFolder()
{
    return QStringLiteral(FM_SOURCE_DIR "/tests/data/pouchdb/");
}

std::vector<Fixture> loadFixtures(const QString &version)
{
    const QString folder = dataFolder() + u"made-by-pouchdb-"_qs + version;
    const QTemporaryDir unpacked;
    QDirIterator archives(folder, {u"*.tgz"_qs}, QDir::Files);
    while (archives.hasNext()) {
        if (QProcess::execute(u"tar"_qs, {u"xzf"_qs, archives.next(), u"-C"_qs, unpacked.path()})
            != 0)
            qFatal("tar failed");
    }
    std::vector<Fixture> loaded;
    QDirIterator found(unpacked.path(), {u"CURRENT"_qs}, QDir::Files, QDirIterator::Subdirectories);
    while (found.hasNext()) {
        const QString database = QFileInfo(found.next()).path();
        Fixture fixture;
        fixture.name = QFileInfo(database).fileName().toStdString();
        fixture.madeBy = version.toStdString();
        fixture.files = bytesOf(FolderFiles(base::fromUtf8(database.toStdString())));
        QFile expected(folder + u"/expected/"_qs + QString::fromStdString(fixture.name)
                       + u".json"_qs);
        if (!expected.open(QIODevice::ReadOnly))
            qFatal("no expectation for %s", fixture.name.c_str());
        fixture.expected = expected.readAll();
        loaded.push_back(std::move(fixture));
    }
    std::ranges::sort(loaded, {}, &Fixture::name);
    return loaded;
}

} // namespace

const std::vector<Fixture> &fixtures()
{
    static const std::vector<Fixture> all = [] {
        std::vector<Fixture> both = loadFixtures(u"7.3.0"_qs);
        for (Fixture &made : loadFixtures(u"9.0.0"_qs))
            both.push_back(std::move(made));
        return both;
    }();
    return all;
}

const Fixture &fixture(const std::string &name, const std::string &madeBy)
{
    const auto found = std::ranges::find_if(
        fixtures(), [&](const Fixture &f) { return f.name == name && f.madeBy == madeBy; });
    if (found == fixtures().end())
        qFatal("no fixture %s", name.c_str());
    return *found;
}

namespace {

QJsonArray sortedArray(const QJsonArray &array)
{
    std::vector<std::pair<QByteArray, QJsonValue>> items;
    for (const QJsonValue &value : array)
        items.emplace_back(QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact), value);
    std::ranges::stable_sort(items, {}, [](const auto &item) { return item.first; });
    QJsonArray sorted;
    for (const auto &[text, value] : items)
        sorted.append(value);
    return sorted;
}

QJsonObject comparableDocument(QJsonObject document)
{
    document.remove(u"rev"_qs);
    document.remove(u"deleted"_qs);
    document[u"open_revs"_qs] = sortedArray(document[u"open_revs"_qs].toArray());
    if (document.contains(u"winner"_qs)) {
        QJsonObject winner = document[u"winner"_qs].toObject();
        if (winner.contains(u"_conflicts"_qs))
            winner[u"_conflicts"_qs] = sortedArray(winner[u"_conflicts"_qs].toArray());
        document[u"winner"_qs] = winner;
    }
    QJsonArray attachments;
    for (const QJsonValue &value : document[u"attachments"_qs].toArray()) {
        QJsonObject attachment = value.toObject();
        attachment.remove(u"md5"_qs);
        attachments.append(attachment);
    }
    document[u"attachments"_qs] = sortedArray(attachments);
    return document;
}

} // namespace

QJsonObject comparable(const QByteArray &dump)
{
    QJsonParseError error;
    QJsonObject in = QJsonDocument::fromJson(dump, &error).object();
    if (error.error != QJsonParseError::NoError)
        qFatal("not JSON: %s", qPrintable(error.errorString()));
    QJsonObject out;
    for (const QString &key : {u"uuid"_qs, u"ids"_qs, u"attachments"_qs})
        out[key] = in[key];
    for (const QString &key : {u"doc_count"_qs, u"update_seq"_qs})
        out[key] = in[u"info"_qs].toObject()[key];
    QJsonObject docs = in[u"docs"_qs].toObject();
    for (const QString &id : docs.keys())
        docs[id] = comparableDocument(docs[id].toObject());
    out[u"docs"_qs] = docs;
    QJsonArray changes;
    for (const QJsonValue &value : in[u"changes"_qs].toObject()[u"results"_qs].toArray()) {
        QJsonObject change = value.toObject();
        change[u"changes"_qs] = sortedArray(change[u"changes"_qs].toArray());
        changes.append(change);
    }
    out[u"changes"_qs] = changes;
    return out;
}

QString firstDifference(const QJsonValue &a, const QJsonValue &b, const QString &path)
{
    if (a.type() != b.type())
        return path + u": another type"_qs;
    if (a.isObject()) {
        const QJsonObject objectA = a.toObject();
        const QJsonObject objectB = b.toObject();
        if (objectA.keys() != objectB.keys())
            return path + u": "_qs + objectA.keys().join(u","_qs) + u" and "_qs
                + objectB.keys().join(u","_qs);
        for (const QString &key : objectA.keys()) {
            if (QString inner = firstDifference(objectA[key], objectB[key], path + u'/' + key);
                !inner.isEmpty())
                return inner;
        }
        return {};
    }
    if (a.isArray()) {
        const QJsonArray arrayA = a.toArray();
        const QJsonArray arrayB = b.toArray();
        if (arrayA.size() != arrayB.size())
            return path + u": lengths %1 and %2"_qs.arg(arrayA.size()).arg(arrayB.size());
        for (qsizetype i = 0; i < arrayA.size(); ++i) {
            if (QString inner =
                    firstDifference(arrayA[i], arrayB[i], path + u'/' + QString::number(i));
                !inner.isEmpty())
                return inner;
        }
        return {};
    }
    return a == b
        ? QString()
        : path + u": "_qs + a.toVariant().toString() + u" and "_qs + b.toVariant().toString();
}

MemoryFiles::Bytes writeSample(store::Facts *facts)
{
    constexpr std::string_view spec = R"({"docs":{
        "plain":[{"ok":{"_id":"plain","_rev":"2-bb","_revisions":{"start":2,"ids":["bb","aa"]},"n":1.0,"big":12345678901234567890}}],
        "conflict":[{"ok":{"_id":"conflict","_rev":"2-bb","_revisions":{"start":2,"ids":["bb","aa"]},"who":"b"}},
                    {"ok":{"_id":"conflict","_rev":"3-cc","_revisions":{"start":3,"ids":["cc","dd","aa"]},"_deleted":true,"why":"gone"}},
                    {"ok":{"_id":"conflict","_rev":"2-ee","_revisions":{"start":2,"ids":["ee","aa"]},"who":"e",
                           "_attachments":{"x":{"data":"aGVsbG8=","content_type":"text/plain","revpos":2}}}}],
        "gone":[{"ok":{"_id":"gone","_rev":"2-ff","_revisions":{"start":2,"ids":["ff","aa"]},"_deleted":true}}],
        "_design/app":[{"ok":{"_id":"_design/app","_rev":"1-aa","views":{}}}],
        "attached":[{"ok":{"_id":"attached","_rev":"1-aa","_attachments":{
            "empty":{"data":""},"hello":{"data":"aGVsbG8="},"again":{"data":"aGVsbG8="},"more":{"generate":30000}}}}],
        "ÿ日本\u0000":[{"ok":{"_id":"ÿ日本\u0000","_rev":"1-aa","s":"\u0000 ü"}}]
    }})";
    base::StagingFolder staging({}, std::uint64_t{1} << 30);
    auto writer = store::Writer::create(staging, kUuid);
    if (!writer || !writeSpec(spec, **writer)
        || !(*writer)->putLocal("_local/x", R"({"_id":"_local/x","_rev":"0-1"})"))
        qFatal("the sample could not be written");
    const auto finished = (*writer)->finish();
    if (!finished)
        qFatal("the sample could not be finished: %s",
               qPrintable(finished.error().message + finished.error().detail));
    if (facts != nullptr)
        *facts = *finished;
    return bytesOf(staging);
}

} // namespace teststore
