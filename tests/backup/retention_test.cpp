#include "core/backup/retention.h"

#include <QDateTime>
#include <QTest>

#include <algorithm>
#include <random>
#include <set>

using namespace std::chrono_literals;
using backup::applyRetention;
using backup::RetentionDecision;
using backup::RetentionItem;
using backup::RetentionRules;
using TimePoint = std::chrono::system_clock::time_point;

namespace {

const QTimeZone kBerlin("Europe/Berlin");

TimePoint at(const QString &text)
{
    const QDateTime wall = QDateTime::fromString(text, Qt::ISODate);
    return TimePoint(
        std::chrono::seconds(QDateTime(wall.date(), wall.time(), kBerlin).toSecsSinceEpoch()));
}

const TimePoint kNow = at(QStringLiteral("2026-11-23T12:00:00"));

RetentionItem good(const std::string &name, TimePoint taken)
{
    return {name, taken, true, true, true, false};
}

/// One a day at three, "d0" of today, going back.
std::vector<RetentionItem> nights(int count)
{
    std::vector<RetentionItem> items;
    for (int i = 0; i < count; ++i)
        items.push_back(
            good("d" + std::to_string(i), at(QStringLiteral("2026-11-23T03:00:00")) - i * 24h));
    return items;
}

QString kept(const std::vector<RetentionDecision> &decisions)
{
    QStringList names;
    for (const RetentionDecision &decision : decisions) {
        if (decision.keep)
            names << QString::fromStdString(decision.name);
    }
    return names.join(QLatin1Char(' '));
}

QString reasonsOf(const std::vector<RetentionDecision> &decisions, const std::string &name)
{
    for (const RetentionDecision &decision : decisions) {
        if (decision.name != name)
            continue;
        QStringList reasons;
        for (const std::string &reason : decision.reasons)
            reasons << QString::fromStdString(reason);
        return reasons.join(QLatin1Char(','));
    }
    return QStringLiteral("?");
}

} // namespace

class RetentionTest : public QObject
{
    Q_OBJECT
private slots:
    void rules_data();
    void rules();
    void whatIsNotGoodTakesNoPlace();
    void whatIsNotGoodGoesInTheEnd();
    void oneGoodBackupEndsNoHistoryOfIncompleteOnes();
    void pinsAndForeignFilesStay();
    void nothingGoesUnderAnAlarm();
    void nothingGoesWhenTheClockIsWrong();
    void nothingGoesWhenTheClockHasJumped();
    void theReasonsAreNamed();
    void orderDoesNotMatter();
    void theNewestThreeAlwaysStay();
};

void RetentionTest::rules_data()
{
    QTest::addColumn<RetentionRules>("rules");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char *name, const RetentionRules &rules, const char *expected) {
        QTest::newRow(name) << rules << QString::fromLatin1(expected);
    };
    row("no rule keeps everything", {}, "d0 d1 d2 d3 d4 d5 d6 d7 d8 d9 d10 d11 d12 d13 d14 d15");
    row("the last five", {.last = 5}, "d0 d1 d2 d3 d4");
    row("the last one is never less than three", {.last = 1}, "d0 d1 d2");
    row("four days", {.daily = 4}, "d0 d1 d2 d3");
    // 2026-11-23 is a Monday: weeks end with d1, d8 and d15.
    row("three weeks", {.weekly = 3}, "d0 d1 d2 d8");
    row("two months: the newest of November and none other here", {.monthly = 2}, "d0 d1 d2");
    row("days and weeks overlap", {.daily = 5, .weekly = 4}, "d0 d1 d2 d3 d4 d8 d15");
    row("a year", {.yearly = 3}, "d0 d1 d2");
    row("within five days", {.within = 5 * 24h}, "d0 d1 d2 d3 d4");
    row("hours are as days when there is one a day", {.hourly = 6}, "d0 d1 d2 d3 d4 d5");
    row("more than there are", {.daily = 1000},
        "d0 d1 d2 d3 d4 d5 d6 d7 d8 d9 d10 d11 d12 d13 d14 d15");
}

void RetentionTest::rules()
{
    QFETCH(const RetentionRules, rules);
    QFETCH(const QString, expected);
    QCOMPARE(kept(applyRetention(nights(16), rules, kNow, kBerlin)), expected);
}

void RetentionTest::whatIsNotGoodTakesNoPlace()
{
    auto items = nights(10);
    items[0].isComplete = false;
    items[2].isVerified = false;
    const auto decisions = applyRetention(items, {.last = 4}, kNow, kBerlin);
    QCOMPARE(kept(decisions), QStringLiteral("d0 d1 d2 d3 d4 d5"));
    QCOMPARE(reasonsOf(decisions, "d0"), QStringLiteral("recent"));
    QCOMPARE(reasonsOf(decisions, "d2"), QStringLiteral("recent"));
}

void RetentionTest::whatIsNotGoodGoesInTheEnd()
{
    auto items = nights(20);
    items[12].isComplete = false;
    QVERIFY(!applyRetention(items, {.last = 30}, kNow, kBerlin)[12].keep);
    QVERIFY(!applyRetention(items, {.daily = 12}, kNow, kBerlin)[12].keep);
    for (int i = 0; i < 12; ++i)
        items[static_cast<size_t>(i)].isComplete = false; // nothing good is newer
    QVERIFY(applyRetention(items, {.last = 1}, kNow, kBerlin)[12].keep);
}

/// Found in a review: for two months one database could not be read; then it could, and a day
/// later all but a week was gone.
void RetentionTest::oneGoodBackupEndsNoHistoryOfIncompleteOnes()
{
    auto items = nights(60);
    for (size_t i = 1; i < items.size(); ++i)
        items[i].isComplete = false;
    items[20].isVerified = false; // damaged: fills no place
    const RetentionRules rules{.daily = 14, .weekly = 8};
    QVERIFY(std::all_of(items.begin(), items.end(), [&](const RetentionItem &item) {
        return kept(applyRetention(items, rules, kNow, kBerlin))
            .split(QLatin1Char(' '))
            .contains(QString::fromStdString(item.name));
    }));
    for (size_t i = 0; i < 14; ++i)
        items[i].isComplete = true; // two good weeks later
    const auto decisions = applyRetention(items, rules, kNow, kBerlin);
    QVERIFY(!decisions[19].keep);
    QVERIFY(!decisions[20].keep);
    QCOMPARE(reasonsOf(decisions, "d15"), QStringLiteral("weekly"));
    QCOMPARE(reasonsOf(decisions, "d22"), QStringLiteral("weekly"));
}

void RetentionTest::pinsAndForeignFilesStay()
{
    auto items = nights(10);
    items[7].isPinned = true;
    items[8].isOurs = false;
    const auto decisions = applyRetention(items, {.last = 3}, kNow, kBerlin);
    QCOMPARE(kept(decisions), QStringLiteral("d0 d1 d2 d7 d8"));
    QCOMPARE(reasonsOf(decisions, "d7"), QStringLiteral("pinned"));
    QCOMPARE(reasonsOf(decisions, "d8"), QStringLiteral("not ours"));
}

void RetentionTest::nothingGoesUnderAnAlarm()
{
    const auto decisions = applyRetention(nights(10), {.last = 3}, kNow, kBerlin, true);
    QVERIFY(std::all_of(decisions.begin(), decisions.end(),
                        [](const RetentionDecision &decision) { return decision.keep; }));
    QCOMPARE(reasonsOf(decisions, "d9"), QStringLiteral("alarm"));
}

void RetentionTest::nothingGoesWhenTheClockIsWrong()
{
    const auto decisions = applyRetention(nights(10), {.last = 3}, kNow - 30 * 24h, kBerlin);
    QVERIFY(std::all_of(decisions.begin(), decisions.end(),
                        [](const RetentionDecision &decision) { return decision.keep; }));
    QCOMPARE(reasonsOf(decisions, "d9"), QStringLiteral("clock"));
    // A minute is no jump.
    auto items = nights(10);
    items[0].taken = kNow + 1min;
    QVERIFY(!applyRetention(items, {.last = 3}, kNow, kBerlin)[9].keep);
}

/// To 2036, where a backup was made at once, and perhaps another.
void RetentionTest::nothingGoesWhenTheClockHasJumped()
{
    const TimePoint later = kNow + 3650 * 24h;
    const RetentionRules rules{.within = 30 * 24h};
    auto items = nights(20);
    QVERIFY(kept(applyRetention(items, rules, kNow, kBerlin))
            == kept(applyRetention(items, {}, kNow, kBerlin)));
    for (int made = 1; made <= 3; ++made) {
        items.insert(items.begin(), good("f" + std::to_string(made), later + made * 6h));
        const auto decisions = applyRetention(items, rules, later + made * 6h, kBerlin);
        const auto left =
            std::count_if(decisions.begin(), decisions.end(),
                          [](const RetentionDecision &decision) { return decision.keep; });
        QCOMPARE(left, made < 3 ? std::ptrdiff_t(items.size()) : std::ptrdiff_t(3));
    }
}

void RetentionTest::theReasonsAreNamed()
{
    const auto decisions = applyRetention(
        nights(16), {.last = 4, .daily = 4, .weekly = 2, .monthly = 1, .within = 24h}, kNow,
        kBerlin);
    QCOMPARE(reasonsOf(decisions, "d0"),
             QStringLiteral("newest three,last,daily,weekly,monthly,within"));
    QCOMPARE(reasonsOf(decisions, "d1"), QStringLiteral("newest three,last,daily,weekly"));
    QCOMPARE(reasonsOf(decisions, "d3"), QStringLiteral("last,daily"));
    QCOMPARE(reasonsOf(decisions, "d4"), QString());
}

void RetentionTest::orderDoesNotMatter()
{
    auto items = nights(16);
    const RetentionRules rules{.daily = 5, .weekly = 4};
    const QString expected = kept(applyRetention(items, rules, kNow, kBerlin));
    std::mt19937 random(1);
    for (int i = 0; i < 20; ++i) {
        std::shuffle(items.begin(), items.end(), random);
        QCOMPARE(kept(applyRetention(items, rules, kNow, kBerlin)), expected);
    }
}

/// Whatever the rules, whatever else lies there: three good backups are left, or all there are.
void RetentionTest::theNewestThreeAlwaysStay()
{
    std::mt19937 random(7);
    const auto below = [&random](int limit) {
        return std::uniform_int_distribution<int>(0, limit - 1)(random);
    };
    for (int run = 0; run < 500; ++run) {
        std::vector<RetentionItem> items;
        for (int i = below(30); i > 0; --i)
            items.push_back({"x" + std::to_string(i), kNow - below(24 * 900) * 1h, below(5) > 0,
                             below(5) > 0, below(5) > 0, below(9) == 0});
        const RetentionRules rules{below(4), below(4), below(4),       below(4),
                                   below(4), below(4), below(100) * 1h};
        const auto isGood = [](const RetentionItem &item) {
            return item.isVerified && item.isComplete;
        };
        std::set<std::string> goodNames;
        for (const RetentionItem &item : items) {
            if (isGood(item))
                goodNames.insert(item.name);
        }
        size_t goodKept = 0;
        bool gap = false;
        for (const RetentionDecision &decision : applyRetention(items, rules, kNow, kBerlin)) {
            if (!goodNames.contains(decision.name))
                continue;
            if (!decision.keep && goodKept < 3)
                gap = true;
            goodKept += decision.keep ? 1 : 0;
        }
        QVERIFY(!gap);
        QVERIFY(goodKept >= std::min<size_t>(3, goodNames.size()));
    }
}

QTEST_GUILESS_MAIN(RetentionTest)
#include "retention_test.moc"
