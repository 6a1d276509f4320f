#include "core/store/keyspace.h"
#include "core/store/reader.h"
#include "tests/store/fixtures.h"
#include "tests/store/forge.h"

#include <QTest>

#include <algorithm>

using base::ErrorKind;
using teststore::MemoryFiles;
namespace forge = teststore::forge;
using Records = std::vector<forge::Record>;

/// What examine() says when records do not fit together.
class ExamineTest : public QObject
{
    Q_OBJECT

private slots:
    void namesWhatIsWrong_data();
    void namesWhatIsWrong();
    void leavesOrphansOutOfTheFacts();
    void readsReferencesFromBeforeTheyWereCounted();
    void namesAtMostSoMany();
    void stopsWhenReadingFails();
    void reportsWhatOpenPassedOver();
    void countsInnerBodiesAsNoLeaves();
};

namespace {

struct Examined {
    std::vector<std::string> codes;
    std::vector<std::string> documents;
    store::Facts facts;
};

Examined examineRecords(const Records &records, size_t maxProblems = 100)
{
    Examined out;
    auto reader = store::Reader::open(std::make_shared<MemoryFiles>(forge::databaseOf(records)));
    if (!reader)
        qFatal("%s", qPrintable(reader.error().message));
    auto examined = store::examine(**reader, maxProblems);
    if (!examined)
        qFatal("%s", qPrintable(examined.error().message));
    out.facts = examined->facts;
    for (const store::Problem &problem : examined->problems) {
        if (problem.message.isEmpty())
            qFatal("a problem without a message");
        out.codes.push_back(problem.code);
        out.documents.push_back(problem.document);
    }
    return out;
}

std::string joined(std::vector<std::string> words)
{
    std::ranges::sort(words);
    std::string out;
    for (const std::string &word : words)
        out += (out.empty() ? "" : " ") + word;
    return out;
}

forge::Record &find(Records &records, std::string_view store, std::string_view key)
{
    const auto found = std::ranges::find_if(
        records, [&](const forge::Record &r) { return r[0] == store && r[1] == key; });
    if (found == records.end())
        qFatal("no record %s", std::string(key).c_str());
    return *found;
}

void erase(Records &records, std::string_view store, std::string_view key)
{
    std::erase_if(records, [&](const forge::Record &r) { return r[0] == store && r[1] == key; });
}

void replace(Records &records, std::string_view store, std::string_view key, std::string_view from,
             std::string_view to)
{
    std::string &value = find(records, store, key)[2];
    const size_t at = value.find(from);
    if (at == std::string::npos)
        qFatal("%s is not in %s", std::string(from).c_str(), value.c_str());
    value.replace(at, from.size(), to);
}

/// The sample's bodies by what they hold.
std::string seqOf(const Records &records, std::string_view content)
{
    const auto found = std::ranges::find_if(records, [&](const forge::Record &r) {
        return r[0] == store::kBySequenceStore && r[2].find(content) != std::string::npos;
    });
    return (*found)[1];
}

std::string helloDigest()
{
    return store::digestOf(base::md5("hello"));
}

const Records &sample()
{
    static const Records records = forge::recordsOf(teststore::writeSample());
    return records;
}

} // namespace

void ExamineTest::namesWhatIsWrong_data()
{
    using Change = std::function<void(Records &)>;
    QTest::addColumn<Change>("change");
    QTest::addColumn<std::string>("codes");
    QTest::addColumn<std::string>("document");
    const auto add = [](const char *row, const Change &change, const char *codes,
                        const char *document = "") {
        QTest::newRow(row) << change << std::string(codes) << std::string(document);
    };
    const std::string plainSeq = seqOf(sample(), "\"plain\"");
    const std::string goneSeq = seqOf(sample(), "\"gone\"");
    const std::string attachedSeq = seqOf(sample(), "\"attached\"");
    add(
        "nothing", [](Records &) {}, "");
    add(
        "a body is missing", [=](Records &r) { erase(r, "by-sequence", plainSeq); }, "missing-body",
        "plain");
    add(
        "a body belongs to another document",
        [=](Records &r) {
            replace(r, "by-sequence", plainSeq, R"("_id":"plain")", R"("_id":"other")");
        },
        "orphan-body wrong-doc", "plain");
    add(
        "a body belongs to another revision",
        [=](Records &r) { replace(r, "by-sequence", plainSeq, "2-bb", "2-cc"); },
        "orphan-body wrong-doc", "plain");
    add(
        "a body says that it is deleted",
        [=](Records &r) {
            replace(r, "by-sequence", plainSeq, R"("_rev":"2-bb")",
                    R"("_rev":"2-bb","_deleted":true)");
        },
        "wrong-doc", "plain");
    add(
        "two bodies have changed places",
        [=](Records &r) {
            std::swap(find(r, "by-sequence", plainSeq)[2], find(r, "by-sequence", goneSeq)[2]);
        },
        "orphan-body orphan-body wrong-doc wrong-doc");
    add(
        "a body is no JSON", [=](Records &r) { find(r, "by-sequence", plainSeq)[2] = "{"; },
        "body-bad body-bad");
    add(
        "a body is stored under no number",
        [=](Records &r) { find(r, "by-sequence", plainSeq)[1] = "12x"; }, "body-bad missing-body");
    add(
        "a body without its id",
        [=](Records &r) { find(r, "by-sequence", plainSeq)[2] = R"({"_rev":"2-bb"})"; },
        "body-bad body-bad");
    add(
        "metadata is missing", [](Records &r) { erase(r, "document-store", "plain"); },
        "counts-stale orphan-body", "plain");
    add(
        "metadata is no JSON", [](Records &r) { find(r, "document-store", "plain")[2] = "}"; },
        "counts-stale metadata-bad orphan-body", "plain");
    add(
        "metadata belongs to another id",
        [](Records &r) { find(r, "document-store", "plain")[1] = "plan"; },
        "counts-stale metadata-bad orphan-body");
    add(
        "rev_map has forgotten a leaf",
        [](Records &r) { replace(r, "document-store", "plain", R"("2-bb":1)", ""); },
        "missing-body orphan-body", "plain");
    add(
        "rev_map has forgotten an inner body",
        [](Records &r) {
            replace(r, "document-store", "plain", R"({"status":"missing"})",
                    R"({"status":"available"})");
        },
        "metadata-bad", "plain");
    add(
        "rev_map knows a revision that the tree does not",
        [](Records &r) {
            replace(r, "document-store", "plain", R"("2-bb":1)", R"("2-bb":1,"7-zz":1)");
        },
        "metadata-bad wrong-doc", "plain");
    add(
        "the bytes of an attachment are missing",
        [](Records &r) { erase(r, "attach-binary-store", helloDigest()); },
        "missing-attachment missing-attachment");
    add(
        "an attachment's record and bytes are missing",
        [](Records &r) {
            erase(r, "attach-binary-store", helloDigest());
            erase(r, "attach-store", helloDigest());
        },
        "missing-attachment missing-attachment");
    add(
        "an attachment has other bytes",
        [](Records &r) { find(r, "attach-binary-store", helloDigest())[2] = "hallo"; },
        "attachment-digest", "attached");
    add(
        "an attachment is shorter than its document says",
        [=](Records &r) {
            replace(r, "by-sequence", attachedSeq, R"("length":30000)", R"("length":30001)");
        },
        "attachment-length", "attached");
    add(
        "the references of an attachment are no JSON",
        [](Records &r) { find(r, "attach-store", helloDigest())[2] = "["; }, "attachment-bad");
    add(
        "the references of an attachment are no object",
        [](Records &r) { find(r, "attach-store", helloDigest())[2] = R"({"refs":1})"; },
        "attachment-bad");
    add(
        "a local document is no JSON",
        [](Records &r) { find(r, "local-store", "_local/x")[2] = "x"; }, "body-bad", "_local/x");
    add(
        "the number of documents is wrong",
        [](Records &r) { find(r, "meta-store", "_local_doc_count")[2] = "7"; }, "counts-stale");
    add(
        "the last sequence is too small",
        [](Records &r) { find(r, "meta-store", "_local_last_update_seq")[2] = "3"; },
        "counts-stale");
    add(
        "the counters are missing",
        [](Records &r) {
            erase(r, "meta-store", "_local_doc_count");
            erase(r, "meta-store", "_local_last_update_seq");
        },
        "counts-stale counts-stale");
}

void ExamineTest::namesWhatIsWrong()
{
    QFETCH(std::function<void(Records &)>, change);
    QFETCH(std::string, codes);
    QFETCH(std::string, document);
    Records records = sample();
    change(records);
    std::ranges::sort(records);
    const Examined examined = examineRecords(records);
    QCOMPARE(joined(examined.codes), codes);
    if (!document.empty())
        QVERIFY(std::ranges::find(examined.documents, document) != examined.documents.end());
}

void ExamineTest::leavesOrphansOutOfTheFacts()
{
    Records records = sample();
    records.push_back(
        {"by-sequence", "0000000000000777", R"({"_id":"nobody","_rev":"1-aa","_attachments":{}})"});
    const Examined examined = examineRecords(records);
    QCOMPARE(joined(examined.codes), std::string("counts-stale orphan-body").substr(13));
    store::Facts facts;
    static_cast<void>(teststore::writeSample(&facts));
    QVERIFY(examined.facts == facts);
}

void ExamineTest::readsReferencesFromBeforeTheyWereCounted()
{
    Records records = sample();
    for (forge::Record &record : records) {
        if (record[0] == store::kAttachStore)
            record[2] = "{}";
    }
    const Examined examined = examineRecords(records);
    QVERIFY(examined.codes.empty());
    store::Facts facts;
    static_cast<void>(teststore::writeSample(&facts));
    QVERIFY(examined.facts == facts);
}

void ExamineTest::namesAtMostSoMany()
{
    Records records = sample();
    std::erase_if(records, [](const forge::Record &r) { return r[0] == store::kBySequenceStore; });
    QCOMPARE(examineRecords(records, 3).codes.size(), size_t{3});
    QVERIFY(examineRecords(records, 100).codes.size() >= 8);
}

namespace {

/// Files of which one cannot be read any more once it is open.
class FailingFiles final : public MemoryFiles
{
public:
    using MemoryFiles::MemoryFiles;
    [[nodiscard]] base::Result<std::shared_ptr<const base::RandomReader>>
    open(const std::string &name) const override
    {
        if (m_failing == name)
            return base::Error{ErrorKind::Io, QStringLiteral("The disk has gone.")};
        return MemoryFiles::open(name);
    }
    void fail(const std::string &name) { m_failing = name; }

private:
    std::string m_failing;
};

} // namespace

void ExamineTest::stopsWhenReadingFails()
{
    const MemoryFiles::Bytes bytes = teststore::writeSample();
    for (const auto &[name, content] : bytes) {
        if (!name.ends_with(".ldb"))
            continue;
        const auto files = std::make_shared<FailingFiles>(bytes);
        files->fail(name);
        auto reader = store::Reader::open(files);
        const auto examined =
            reader ? store::examine(**reader) : base::Result<store::Examination>(reader.error());
        QVERIFY(!examined);
        QCOMPARE(examined.error().kind, ErrorKind::Io);
    }
}

void ExamineTest::reportsWhatOpenPassedOver()
{
    MemoryFiles::Bytes files = teststore::fixture("deleted").files;
    std::string &log = files["000003.log"];
    log.resize(log.size() - 3);
    auto reader = store::Reader::open(std::make_shared<MemoryFiles>(files));
    QVERIFY(reader);
    const auto examined = store::examine(**reader);
    QVERIFY(examined);
    QCOMPARE(examined->problems.front().code, std::string("log-cut"));
    QVERIFY(!examined->problems.front().isRemark);
}

void ExamineTest::countsInnerBodiesAsNoLeaves()
{
    // native-revs keeps bodies of old revisions, attachments among them.
    auto reader =
        store::Reader::open(std::make_shared<MemoryFiles>(teststore::fixture("native-revs").files));
    QVERIFY(reader);
    const auto examined = store::examine(**reader);
    QVERIFY(examined && examined->problems.empty());
    QCOMPARE(examined->facts.leaves, std::uint64_t{6});
    QCOMPARE(examined->facts.attachments, std::uint64_t{1});
    QCOMPARE(examined->facts.documents, std::uint64_t{4});
}

QTEST_GUILESS_MAIN(ExamineTest)
#include "examine_test.moc"
