#include "app/ctl/progressline.h"

#include <QRegularExpression>
#include <QTest>

#include <sstream>

using backup::Phase;
using backup::Progress;
using ctl::progressText;

class ProgressLineTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void text_data();
    void text();
    void nothingWhereErrIsNoTerminal();
    void removedAtTheEnd();
};

namespace {

struct Numbers {
    Phase phase = Phase::Fetching;
    std::uint64_t databases = 0, databasesDone = 0;
    std::uint64_t documents = 0, documentsDone = 0;
    std::uint64_t bytes = 0, bytesDone = 0;
    const char *current = "";
};

void set(Progress &progress, const Numbers &numbers)
{
    progress.phase = numbers.phase;
    progress.databases = numbers.databases;
    progress.databasesDone = numbers.databasesDone;
    progress.documents = numbers.documents;
    progress.documentsDone = numbers.documentsDone;
    progress.bytes = numbers.bytes;
    progress.bytesDone = numbers.bytesDone;
    progress.setCurrent(numbers.current);
}

} // namespace

void ProgressLineTest::text_data()
{
    QTest::addColumn<std::function<void(Progress &)>>("prepare");
    QTest::addColumn<double>("seconds");
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char *name, const Numbers &numbers, double seconds,
                        const char *text) {
        QTest::newRow(name) << std::function<void(Progress &)>([numbers](Progress &progress) {
            set(progress, numbers);
        }) << seconds << QByteArray(text);
    };
    constexpr std::uint64_t mib = 1 << 20;
    row("before anything is known", {Phase::Preparing}, 0, "looking at the server");
    row("the first moment has no rate", {Phase::Fetching, 3, 0, 100, 0, 0, 10 * mib}, 0.001,
        "databases 0/3, documents 0/100, 10.0 MiB  ");
    row("in the middle", {Phase::Fetching, 3, 1, 100, 50, 0, 10 * mib, "org_1"}, 10,
        "databases 1/3, documents 50/100, 10.0 MiB, 1.0 MiB/s, 11 s left  org_1");
    row("too early to tell when it ends", {Phase::Fetching, 3, 1, 100, 1, 0, 10 * mib, "org_1"}, 10,
        "databases 1/3, documents 1/100, 10.0 MiB, 1.0 MiB/s  org_1");
    row("more documents than were expected",
        {Phase::Fetching, 3, 2, 100, 120, 0, 10 * mib, "org_1"}, 10,
        "databases 2/3, documents 120/120, 10.0 MiB, 1.0 MiB/s  org_1");
    row("a name that would draw on the terminal", {Phase::Fetching, 1, 0, 0, 0, 0, 0, "a\x1b[2J"},
        10, "databases 0/1, documents 0/0, 0 B, 0 B/s  a\\u{1b}[2J");
    row("verifying, by bytes", {Phase::Verifying, 3, 0, 0, 0, 20 * mib, 10 * mib}, 10,
        "verifying, 10.0 MiB of 20.0 MiB");
    row("verifying, by databases", {Phase::Verifying, 3, 2, 0, 0, 20 * mib, 20 * mib}, 10,
        "verifying, databases 2/3");
    row("publishing", {Phase::Publishing}, 10, "publishing");
    row("done", {Phase::Done}, 10, "publishing");
}

void ProgressLineTest::text()
{
    QFETCH(std::function<void(Progress &)>, prepare);
    QFETCH(double, seconds);
    QFETCH(QByteArray, text);
    Progress progress;
    prepare(progress);
    QCOMPARE(QByteArray::fromStdString(progressText(progress, seconds)), text);
}

void ProgressLineTest::nothingWhereErrIsNoTerminal()
{
    const Progress progress;
    std::ostringstream err;
    {
        const ctl::ProgressLine line(progress, err, false);
    }
    QCOMPARE(err.str(), std::string());
}

void ProgressLineTest::removedAtTheEnd()
{
    const Progress progress;
    std::ostringstream err;
    {
        const ctl::ProgressLine line(progress, err, true);
    }
    QVERIFY(err.str().ends_with("\r\x1b[K")); // the line is empty when something else is printed
    QVERIFY(err.str().find('\n') == std::string::npos);
}

QTEST_GUILESS_MAIN(ProgressLineTest)

#include "progressline_test.moc"
