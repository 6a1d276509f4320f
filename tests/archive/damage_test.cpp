#include "core/archive/footer.h"
#include "core/archive/reader.h"
#include "tests/archive/archivetesting.h"

#include <QRegularExpression>
#include <QTest>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <mutex>
#include <thread>

using namespace archivetesting;
using archive::Origin;
using archive::Reader;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

/// An archive in memory with one damage, without copying it.
class DamagedReader final : public base::RandomReader
{
public:
    DamagedReader(const std::string &bytes, size_t size, size_t flipAt, unsigned char mask)
        : m_bytes(bytes)
        , m_size(size)
        , m_flipAt(flipAt)
        , m_mask(mask)
    {
    }
    [[nodiscard]] std::uint64_t size() const override { return m_size; }
    [[nodiscard]] base::Status readAt(std::uint64_t offset, char *out, size_t length) const override
    {
        if (offset > m_size || length > m_size - offset)
            return base::Error{base::ErrorKind::Corrupt, QStringLiteral("past the end"), {}};
        std::memcpy(out, m_bytes.data() + offset, length);
        if (m_flipAt >= offset && m_flipAt < offset + length)
            out[m_flipAt - offset] =
                static_cast<char>(out[m_flipAt - offset] ^ static_cast<char>(m_mask));
        return {};
    }

private:
    const std::string &m_bytes;
    size_t m_size;
    size_t m_flipAt;
    unsigned char m_mask;
};

struct Damage {
    size_t size = 0;   ///< the archive is cut to this
    size_t flipAt = 0; ///< beyond the size: nothing is flipped
    unsigned char mask = 0;
    [[nodiscard]] QString text() const
    {
        return QStringLiteral("size %1, byte %2 xor %3").arg(size).arg(flipAt).arg(mask);
    }
};

/// All damages through `isFound` on two threads; the first that is not found comes back.
QString firstNotFound(const std::vector<Damage> &damages,
                      const std::function<QString(const Damage &)> &fault)
{
    std::atomic<size_t> next = 0;
    std::mutex mutex;
    QString first;
    const auto work = [&] {
        for (size_t i = next++; i < damages.size(); i = next++) {
            const QString wrong = fault(damages[i]);
            if (wrong.isEmpty())
                continue;
            const std::lock_guard lock(mutex);
            if (first.isEmpty())
                first = damages[i].text() + QStringLiteral(": ") + wrong;
            next = damages.size();
        }
    };
    std::thread other(work);
    work();
    other.join();
    return first;
}

std::string smallArchive()
{
    Files files;
    addDatabase(files, "first", someBytes(24'000, 1));
    files["first/000005.ldb"] = someBytes(36'000, 2);
    addDatabase(files, std::string(110, 'n'), someBytes(60'000, 3, 40));
    files["manifest.json"] = someBytes(2000, 4, 3);
    return archiveBytes(files);
}

/// Found: it does not open, or the check has a fatal finding.
QString oursFault(const std::string &bytes, const Damage &damage)
{
    const auto file =
        std::make_shared<DamagedReader>(bytes, damage.size, damage.flipAt, damage.mask);
    const auto reader = Reader::open(file, QStringLiteral("x"), {});
    if (!reader)
        return reader.error().message.isEmpty() ? QStringLiteral("an error without a message")
                                                : QString();
    if (damage.size < bytes.size() && (*reader)->origin() == Origin::Ours)
        return QStringLiteral("a cut archive passes for a whole one");
    if (hasFatal((*reader)->findings()))
        return {};
    const auto findings = (*reader)->checkIntegrity({});
    return findings && !hasFatal(*findings) ? QStringLiteral("not found") : QString();
}

/// One damage in so many: FM_SWEEP_STEP, and not all of them where every access is watched.
size_t sweepStep(size_t usual)
{
    const QByteArray asked = qgetenv("FM_SWEEP_STEP");
    if (!asked.isEmpty())
        return std::max<size_t>(1, asked.toUInt());
    return kSanitized ? 13 * usual : usual;
}

} // namespace

class DamageTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void everyCutOfOursIsFound();
    void everyFlipInOursIsFound();
    void everyBitOfTheFrameIsFound();
    void movedBlocksAreFound_data();
    void movedBlocksAreFound();
    void everyCutOfOursShowsOnlyWholeFiles();
    void aFlippedByteIsNamedWhereItIs();
    void predecessorNeverShowsChangedContentUnsaid_data();
    void predecessorNeverShowsChangedContentUnsaid();
};

void DamageTest::everyCutOfOursIsFound()
{
    const std::string bytes = smallArchive();
    QVERIFY(bytes.size() > 60'000 && bytes.size() < 90'000);
    QCOMPARE(oursFault(bytes, {bytes.size(), bytes.size(), 0}),
             QStringLiteral("not found")); // the sound one
    std::vector<Damage> damages;
    for (size_t size = 0; size < bytes.size(); size += sweepStep(1))
        damages.push_back({size, bytes.size(), 0});
    QCOMPARE(firstNotFound(damages, [&](const Damage &damage) { return oursFault(bytes, damage); }),
             QString());
}

void DamageTest::everyFlipInOursIsFound()
{
    const std::string bytes = smallArchive();
    std::vector<Damage> damages;
    for (size_t at = 0; at < bytes.size(); at += sweepStep(1))
        damages.push_back({bytes.size(), at, static_cast<unsigned char>(1U << (at * 5 % 8))});
    QCOMPARE(firstNotFound(damages, [&](const Damage &damage) { return oursFault(bytes, damage); }),
             QString());
}

/// All eight bits of the first members, and of the TOC and the footer.
void DamageTest::everyBitOfTheFrameIsFound()
{
    const std::string bytes = smallArchive();
    const auto tocOffset =
        archive::decodeFooter(std::string_view(bytes).substr(bytes.size() - archive::kFooterBytes));
    QVERIFY(tocOffset);
    std::vector<Damage> damages;
    for (size_t at = 0; at < bytes.size(); at += sweepStep(1)) {
        if (at >= 600 && at < *tocOffset)
            continue;
        for (unsigned bit = 0; bit < 8; ++bit)
            damages.push_back({bytes.size(), at, static_cast<unsigned char>(1U << bit)});
    }
    QCOMPARE(firstNotFound(damages, [&](const Damage &damage) { return oursFault(bytes, damage); }),
             QString());
}

void DamageTest::movedBlocksAreFound_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const std::string good = smallArchive();
    const auto row = [](const char *name, const std::string &bytes) {
        QTest::newRow(name) << QByteArray(bytes.data(), static_cast<qsizetype>(bytes.size()));
    };
    std::string bytes = good;
    std::fill_n(bytes.begin() + 8192, 4096, '\0');
    row("a block of zeros", bytes);
    bytes = good;
    std::swap_ranges(bytes.begin() + 4096, bytes.begin() + 8192, bytes.begin() + 20480);
    row("two blocks swapped", bytes);
    bytes = good;
    bytes.insert(4096, good.substr(4096, 512));
    row("a block twice", bytes);
    bytes = good;
    bytes.erase(4096, 512);
    row("a block missing", bytes);
    row("something behind the end", good + '\0');
    row("an empty gzip member behind the end", good + archive::encodeFooter(1));
    row("two archives", good + good);
    bytes = good;
    std::copy_n(archiveBytes({{"manifest.json", "{}"}}).begin(), 1000, bytes.begin());
    row("the beginning of another archive", bytes);
}

void DamageTest::movedBlocksAreFound()
{
    QFETCH(QByteArray, bytes);
    const std::string damaged = bytes.toStdString();
    const auto reader = openBytes(damaged);
    if (!reader)
        return;
    const auto findings = (*reader)->checkIntegrity({});
    QVERIFY(!findings || hasFatal(*findings));
}

void DamageTest::everyCutOfOursShowsOnlyWholeFiles()
{
    const std::string bytes = smallArchive();
    const auto whole = openBytes(bytes);
    QVERIFY(whole);
    const auto expected = readEverything(**whole);
    QVERIFY(expected);
    std::vector<Damage> damages;
    for (size_t size = 0; size < bytes.size(); size += sweepStep(61))
        damages.push_back({size, bytes.size(), 0});
    std::atomic<int> opened = 0;
    const auto fault = [&](const Damage &damage) -> QString {
        const auto reader = Reader::open(
            std::make_shared<DamagedReader>(bytes, damage.size, damage.flipAt, damage.mask),
            QStringLiteral("x"), {});
        if (!reader)
            return {};
        ++opened;
        if ((*reader)->origin() != Origin::CutShort
            || !hasFinding((*reader)->findings(), "cut-short"))
            return QStringLiteral("not called cut short");
        const auto files = readEverything(**reader);
        if (!files)
            return QStringLiteral("not readable");
        for (const auto &[path, content] : *files) {
            if (expected->at(path) != content)
                return QStringLiteral("changed content");
        }
        for (const auto &database : (*reader)->databases()) {
            if (database.whole && !files->contains(database.directory + "/MANIFEST-000002"))
                return QStringLiteral("not whole");
        }
        return {};
    };
    QCOMPARE(firstNotFound(damages, fault), QString());
    QVERIFY(opened > (kSanitized ? 50 : 500));
}

void DamageTest::aFlippedByteIsNamedWhereItIs()
{
    const std::string bytes = smallArchive();
    const auto reader = Reader::open(
        std::make_shared<DamagedReader>(bytes, bytes.size(), 30'000, 4), QStringLiteral("x"), {});
    QVERIFY(reader);
    const auto findings = (*reader)->checkIntegrity({});
    QVERIFY(findings && hasFinding(*findings, "member-digest"));
    const std::string path = findings->front().path;
    QVERIFY2(path.ends_with("/first/000005.ldb"), path.c_str());
    // The damaged file cannot be read; the others can.
    const std::string directory =
        path.substr(std::strlen(kRoot) + 1, path.rfind('/') - std::strlen(kRoot) - 1);
    const auto damaged = (*(*reader)->openDatabase(directory))->open("000005.ldb");
    QVERIFY(damaged);
    const auto content = base::readWhole(**damaged, 1 << 20);
    QVERIFY(!content);
    QCOMPARE(content.error().kind, base::ErrorKind::Corrupt);
    QVERIFY((*reader)->readLooseFile("manifest.json", 1 << 20));
}

void DamageTest::predecessorNeverShowsChangedContentUnsaid_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("step");
    QTest::newRow("made with PouchDB 7.3")
        << "made-by-pouchdb-7.3.0/2026-11-23T16_03_52.749Z.tgz" << 53;
    QTest::newRow("made with PouchDB 9.0")
        << "made-by-pouchdb-9.0.0/2026-11-23T16_03_59.379Z.tgz" << 101;
    QTest::newRow("packed by GNU tar") << "made-by-pouchdb-7.3.0/native.tgz" << 1;
}

void DamageTest::predecessorNeverShowsChangedContentUnsaid()
{
    QFETCH(QString, name);
    QFETCH(int, step);
    const auto bytes = base::readFile(
        base::fromUtf8(FM_SOURCE_DIR "/tests/data/pouchdb/" + name.toStdString()), 1 << 20);
    QVERIFY(bytes);
    const auto whole = openBytes(*bytes);
    QVERIFY(whole);
    const auto expected = readEverything(**whole);
    QVERIFY(expected);
    std::vector<Damage> damages;
    for (size_t at = 0; at < bytes->size(); at += sweepStep(static_cast<size_t>(step))) {
        damages.push_back({at, bytes->size(), 0});
        damages.push_back({bytes->size(), at, static_cast<unsigned char>(1U << (at * 5 % 8))});
    }
    const auto fault = [&](const Damage &damage) -> QString {
        const auto reader = Reader::open(
            std::make_shared<DamagedReader>(*bytes, damage.size, damage.flipAt, damage.mask),
            QStringLiteral("x"), {});
        if (!reader)
            return {};
        const auto files = readEverything(**reader); // must not crash or hang, whatever it finds
        if (hasFatal((*reader)->findings()))
            return {};
        if (damage.size < bytes->size())
            return QStringLiteral("a cut is not found");
        return files && *files == *expected ? QString()
                                            : QStringLiteral("changed content, and no finding");
    };
    QCOMPARE(firstNotFound(damages, fault), QString());
}

QTEST_GUILESS_MAIN(DamageTest)
#include "damage_test.moc"
