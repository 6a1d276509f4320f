#include "core/base/json.h"
#include "core/base/log.h"
#include "tests/support/stepclock.h"
#include "tests/support/temporaryfolder.h"

#include <QLoggingCategory>
#include <QRegularExpression>
#include <QTest>

#include <thread>

using namespace base;

class LogTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void cleanup() { clearFileFaults(); }

    void aLineIsOneObject();
    void levelsBelowAreLeftOut();
    void nothingSecretIsWritten();
    void filesAreBounded();
    void itGoesOnInTheSameFile();
    void aLineThatWasCutOffEnds();
    void aFullDiskStopsNothing();
    void everyOperationMayFail();
    void qtMessagesArrive();
    void manyThreads();
};

namespace {

struct Place : testsupport::TemporaryFolder {
    testsupport::StepClock clock;

    [[nodiscard]] std::unique_ptr<Log> open(LogOptions options = {}) const
    {
        options.folder = path("log");
        auto log = Log::open(options, clock);
        return log ? std::move(*log) : nullptr;
    }
    [[nodiscard]] std::string content(const std::string &name = "focus-monitor.log") const
    {
        const auto bytes = readFile(path("log") / fromUtf8(name), 1 << 26);
        return bytes ? *bytes : "";
    }
    [[nodiscard]] std::vector<std::string> lines() const
    {
        std::vector<std::string> lines;
        for (const QString &line : QString::fromStdString(content()).split(QLatin1Char('\n')))
            lines.push_back(line.toStdString());
        lines.pop_back(); // behind the last line end
        return lines;
    }
};

} // namespace

void LogTest::aLineIsOneObject()
{
    const Place place;
    const auto log = place.open();
    QVERIFY(log);
    log->write(
        {LogLevel::Warning, "backup", "two\nlines, \"quotes\" and \x1b[2J \xff", "org_a", "7"});
    log->write({LogLevel::Info, "mirror", "short"});
    const std::string first =
        "{\"time\":\"2026-11-23T03:00:00.000Z\",\"level\":\"warning\",\"category\":\"backup\","
        "\"message\":\"two\\\\x0alines, \\\"quotes\\\" and \\\\x1b[2J \\\\xff\","
        "\"database\":\"org_a\",\"job\":\"7\"}\n";
    const std::string second =
        "{\"time\":\"2026-11-23T03:00:00.000Z\",\"level\":\"info\",\"category\":\"mirror\","
        "\"message\":\"short\"}\n";
    QCOMPARE(place.content(), first + second);
    for (const std::string &line : place.lines())
        QVERIFY(json::validate(line));
    const auto isPrivate = base::isPrivate(place.path("log") / "focus-monitor.log");
    QVERIFY(isPrivate && *isPrivate);
}

void LogTest::levelsBelowAreLeftOut()
{
    const Place place;
    LogOptions options;
    options.least = LogLevel::Warning;
    const auto log = place.open(options);
    for (const LogLevel level :
         {LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error})
        log->write({level, "x", nameOf(level)});
    QCOMPARE(place.lines().size(), size_t{2});
}

void LogTest::nothingSecretIsWritten()
{
    const Place place;
    const auto log = place.open();
    log->redactor().know(Secret(std::string("hunter2")));
    log->write({LogLevel::Info, "x", "the password is hunter2, at http://a:other@b/"});
    QVERIFY(place.content().find("hunter2") == std::string::npos);
    QVERIFY(place.content().find("other@") == std::string::npos);
    QVERIFY(place.content().find(kRedacted) != std::string::npos);
}

void LogTest::filesAreBounded()
{
    const Place place;
    LogOptions options;
    options.fileBytes = 4096;
    options.files = 3;
    const auto log = place.open(options);
    for (int i = 0; i < 500; ++i)
        log->write({LogLevel::Info, "x", "line " + std::to_string(i) + std::string(100, '.')});
    const std::set<std::string> expected{"focus-monitor.log", "focus-monitor.1.log",
                                         "focus-monitor.2.log"};
    QCOMPARE(testsupport::namesIn(place.path("log")), expected);
    std::string all;
    for (const char *name : {"focus-monitor.2.log", "focus-monitor.1.log", "focus-monitor.log"}) {
        QVERIFY(place.content(name).size() <= 4096);
        all += place.content(name);
    }
    // The newest are there, in order and whole.
    int number = 499 - static_cast<int>(std::count(all.begin(), all.end(), '\n')) + 1;
    for (size_t at = 0; (at = all.find("line ", at)) != std::string::npos; ++at, ++number)
        QVERIFY(all.substr(at).starts_with("line " + std::to_string(number) + "."));
    QCOMPARE(number, 500);
}

void LogTest::itGoesOnInTheSameFile()
{
    const Place place;
    for (const char *message : {"one", "two", "three"})
        place.open()->write({LogLevel::Info, "x", message});
    QCOMPARE(place.lines().size(), size_t{3});
    LogOptions one;
    one.files = 1;
    one.fileBytes = 100;
    const auto log = place.open(one); // fewer and smaller than before
    log->write({LogLevel::Info, "x", "four"});
    QCOMPARE(testsupport::namesIn(place.path("log")), std::set<std::string>{"focus-monitor.log"});
    QCOMPARE(place.lines().size(), size_t{1});
}

void LogTest::aLineThatWasCutOffEnds()
{
    const Place place;
    QVERIFY(makeFolder(place.path("log")));
    QVERIFY(writeFileAtomically(place.path("log") / "focus-monitor.log", "{\"time\":\"20"));
    place.open()->write({LogLevel::Info, "x", "whole"});
    QCOMPARE(place.lines().size(), size_t{2});
    QVERIFY(json::validate(place.lines().back()));
}

void LogTest::aFullDiskStopsNothing()
{
    const Place place;
    const auto log = place.open();
    log->write({LogLevel::Info, "x", "before"});
    failNthFileOperation(1, ErrorKind::NoSpace, false, true);
    for (int i = 0; i < 10; ++i)
        log->write({LogLevel::Info, "x", "lost"});
    QCOMPARE(log->lostLines(), std::uint64_t{10});
    clearFileFaults();
    log->write({LogLevel::Info, "x", "after"});
    QCOMPARE(log->lostLines(), std::uint64_t{0});
    const auto lines = place.lines();
    QCOMPARE(lines.size(), size_t{3});
    QVERIFY(lines[1].find("after") != std::string::npos);
    QVERIFY(lines[2].find("10 lines before this could not be written.") != std::string::npos);
}

void LogTest::everyOperationMayFail()
{
    // Of a log that rotates at each line, whatever fails once: all later lines are written.
    for (std::uint64_t n = 1; n < 30; ++n) {
        const Place place;
        LogOptions options;
        options.fileBytes = 10;
        options.files = 2;
        const auto log = place.open(options);
        failNthFileOperation(n, ErrorKind::Io);
        for (int i = 0; i < 20; ++i)
            log->write({LogLevel::Info, "x", "line " + std::to_string(i)});
        clearFileFaults();
        log->write({LogLevel::Info, "x", "last"});
        QCOMPARE(log->lostLines(), std::uint64_t{0});
        QVERIFY(place.lines().back().find("last") != std::string::npos
                || place.content().find("last") != std::string::npos);
        QVERIFY(testsupport::namesIn(place.path("log")).size() <= 2);
    }
}

void LogTest::qtMessagesArrive()
{
    const QLoggingCategory category("mirror");
    const Place place;
    {
        const auto log = place.open();
        log->install();
        qCInfo(category) << "one job";
        qCDebug(category) << "not asked for";
        qWarning("plain");
    }
    const auto lines = place.lines();
    QCOMPARE(lines.size(), size_t{2});
    QVERIFY(lines[0].find("\"category\":\"mirror\",\"message\":\"one job\"") != std::string::npos);
    QVERIFY(lines[1].find("\"level\":\"warning\",\"category\":\"default\",\"message\":\"plain\"")
            != std::string::npos);
}

void LogTest::manyThreads()
{
    const Place place;
    LogOptions options;
    options.files = 100;
    options.fileBytes = 20'000;
    const auto log = place.open(options);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&log, thread] {
            for (int i = 0; i < 250; ++i)
                log->write({LogLevel::Info, "x", std::to_string(thread * 1000 + i)});
        });
    for (std::thread &thread : threads)
        thread.join();
    std::ptrdiff_t count = 0;
    for (const std::string &name : testsupport::namesIn(place.path("log"))) {
        const std::string content = place.content(name);
        count += std::count(content.begin(), content.end(), '\n');
    }
    QCOMPARE(count, 1000);
}

QTEST_GUILESS_MAIN(LogTest)

#include "log_test.moc"
