#include "core/alert/message.h"
#include "core/base/json.h"

#include <QByteArray>
#include <QRegularExpression>
#include <QTest>

using namespace alert;
using namespace std::chrono_literals;
using monitor::Check;
using monitor::CheckState;
using monitor::VerdictLevel;

class MessageTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void oneMessageForAll();
    void onlyOnChangeOrDaily();
    void recoveryIsSaid();
    void whatIsUnknownIsNotRecovered();
    void mutedIsSilent();
    void theClockIsSetBack();
    void memoryIsKept();
    void mailIsPlainText();
    void nobodyGetsInAHeader();
    void jsonIsJson();
};

namespace {

const TimePoint kNow{std::chrono::seconds(1'795'402'800)};

Check check(const char *id, CheckState state, const char *sentence = "It is so.")
{
    Check one;
    one.id = id;
    one.title = QString::fromUtf8(id);
    one.state = state;
    one.since = kNow;
    one.sentence = QString::fromUtf8(sentence);
    one.remedy = QStringLiteral("Do something.");
    return one;
}

/// What is said at that time.
std::optional<Message> due(AlertMemory &memory, const std::vector<Check> &checks,
                           std::chrono::seconds after = 0s)
{
    const bool isBad = std::any_of(checks.begin(), checks.end(), [](const Check &one) {
        return one.state == CheckState::Firing;
    });
    const monitor::Verdict verdict = isBad
        ? monitor::Verdict{VerdictLevel::Failed, QStringLiteral("Not protected: It is so.")}
        : monitor::Verdict{VerdictLevel::Good, QStringLiteral("Everything is protected.")};
    return dueMessage(checks, verdict, "EM0035", 24h, kNow + after, memory);
}

} // namespace

void MessageTest::oneMessageForAll()
{
    AlertMemory memory;
    std::vector<Check> checks{check("a", CheckState::Firing), check("b", CheckState::Ok),
                              check("c", CheckState::Firing, "And\nso \x1b[2J."),
                              check("d", CheckState::Pending), check("e", CheckState::NoData)};
    const auto message = due(memory, checks);
    QVERIFY(message);
    QCOMPARE(message->kind, Message::Kind::Problems);
    QCOMPARE(message->subject, std::string("[focus-monitor EM0035] Not protected: It is so."));
    QCOMPARE(message->body,
             std::string("Not protected: It is so.\n\n"
                         "* a: It is so.\n  Do something.\n"
                         "  Since 2026-11-23 03:00 UTC.\n"
                         "* c: And\\u{a}so \\u{1b}[2J.\n  Do something.\n"
                         "  Since 2026-11-23 03:00 UTC.\n"
                         "\n-- \nfocus-monitor \"EM0035\", 2026-11-23 03:00 UTC\n"));
    const std::vector<std::string> ids{"a", "c"};
    QCOMPARE(message->checks, ids);

    // A hundred causes are one message still, and no longer one than a person reads.
    checks.clear();
    for (int i = 0; i < 100; ++i)
        checks.push_back(check("x", CheckState::Firing));
    AlertMemory other;
    QVERIFY(due(other, checks)->body.size() < 4000);
}

void MessageTest::onlyOnChangeOrDaily()
{
    AlertMemory memory;
    QVERIFY(!due(memory, {check("a", CheckState::Ok)}));
    QVERIFY(due(memory, {check("a", CheckState::Firing)}));
    QVERIFY(!due(memory, {check("a", CheckState::Firing)}, 60s));
    QVERIFY(!due(memory, {check("a", CheckState::Firing, "It is worse.")}, 120s));
    const auto second =
        due(memory, {check("a", CheckState::Firing), check("b", CheckState::Firing)}, 180s);
    QVERIFY(second); // with what was said before
    QCOMPARE(second->checks.size(), size_t{2});
    QVERIFY(
        !due(memory, {check("a", CheckState::Firing), check("b", CheckState::Firing)}, 24h + 179s));
    QVERIFY(
        due(memory, {check("a", CheckState::Firing), check("b", CheckState::Firing)}, 24h + 180s));
}

void MessageTest::recoveryIsSaid()
{
    AlertMemory memory;
    static_cast<void>(
        due(memory, {check("a", CheckState::Firing), check("b", CheckState::Firing)}));
    const auto partly =
        due(memory, {check("a", CheckState::Firing), check("b", CheckState::Ok, "It is right.")});
    QVERIFY(partly);
    QCOMPARE(partly->kind, Message::Kind::Problems);
    QVERIFY(partly->body.find("Good again:\n* b: It is right.\n") != std::string::npos);
    const auto whole = due(memory, {check("a", CheckState::Ok), check("b", CheckState::Ok)});
    QVERIFY(whole);
    QCOMPARE(whole->kind, Message::Kind::Recovery);
    QCOMPARE(whole->subject,
             std::string("[focus-monitor EM0035] Good again: Everything is protected."));
    QVERIFY(!due(memory, {check("a", CheckState::Ok), check("b", CheckState::Ok)}));
    QVERIFY(memory.said.empty());
}

void MessageTest::whatIsUnknownIsNotRecovered()
{
    AlertMemory memory;
    static_cast<void>(due(memory, {check("a", CheckState::Firing)}));
    QVERIFY(!due(memory, {check("a", CheckState::NoData)}));
    QVERIFY(!due(memory, {check("a", CheckState::Pending)}));
    QVERIFY(!due(memory, {check("a", CheckState::Firing)}, 60s)); // said already
    QVERIFY(due(memory, {check("a", CheckState::Ok)}));
}

void MessageTest::mutedIsSilent()
{
    AlertMemory memory;
    static_cast<void>(due(memory, {check("a", CheckState::Firing)}));
    QVERIFY(!due(memory, {check("a", CheckState::Muted)}));
    QVERIFY(!due(memory, {check("a", CheckState::Ok)}));
}

void MessageTest::theClockIsSetBack()
{
    AlertMemory memory;
    static_cast<void>(due(memory, {check("a", CheckState::Firing)}));
    QVERIFY(due(memory, {check("a", CheckState::Firing)}, -24h * 365));
    QVERIFY(!due(memory, {check("a", CheckState::Firing)}, -24h * 365 + 60s));
}

void MessageTest::memoryIsKept()
{
    AlertMemory memory;
    static_cast<void>(due(memory, {check("a", CheckState::Firing, "A \"quoted\" thing.")}));
    AlertMemory again = AlertMemory::fromText(memory.toText());
    QCOMPARE(again.toText(), memory.toText());
    QVERIFY(!due(again, {check("a", CheckState::Firing)}, 60s)); // after a restart
    for (const char *damaged :
         {"", "{", "[]", "{\"a\":1}", "{\"a\":{\"first\":1}}",
          "{\"a\":{\"first\":-1,\"last\":2,\"sentence\":\"x\"}}",
          "{\"a\":{\"first\":1,\"last\":999999999999999,\"sentence\":\"x\"}}"})
        QVERIFY2(AlertMemory::fromText(damaged).said.empty(), damaged);
}

void MessageTest::mailIsPlainText()
{
    Message message = testMessage("Überwachung 日本", kNow);
    const std::string mail =
        asMail(message, "monitor@focus.example", {"a@focus.example", "b@focus.example"}, kNow, "7");
    const QByteArray bytes = QByteArray::fromStdString(mail);
    QVERIFY(!bytes.contains(QByteArray("\0", 1)));
    for (const QByteArray &line : bytes.split('\n'))
        QVERIFY(line.isEmpty() || line.endsWith('\r'));
    for (const QByteArray &line : QByteArray(bytes).replace("\r\n", "\n").split('\n'))
        QVERIFY2(line.size() <= 78, line.constData());
    for (const char *header :
         {"From: <monitor@focus.example>\r\n", "To: <a@focus.example>,\r\n <b@focus.example>\r\n",
          "Date: Mon, 23 Nov 2026 03:00:00 +0000\r\n", "Message-ID: <7@focus-monitor.invalid>\r\n",
          "Auto-Submitted: auto-generated\r\n", "Content-Type: text/plain; charset=utf-8\r\n"})
        QVERIFY2(bytes.contains(header), header);
    const qsizetype blank = bytes.indexOf("\r\n\r\n");
    QCOMPARE(QByteArray::fromBase64(bytes.mid(blank)),
             QByteArray::fromStdString(message.body).replace("\n", "\r\n"));
}

void MessageTest::nobodyGetsInAHeader()
{
    // Whatever a database, a server or a configuration calls itself.
    AlertMemory memory;
    const char *bad = "x\r\nBcc: thief@example\r\n\r\nbody\n.\r\nQUIT";
    Check one = check("a", CheckState::Firing, bad);
    one.title = QString::fromUtf8(bad);
    const auto message =
        dueMessage({one}, {VerdictLevel::Failed, QString::fromUtf8(bad)}, bad, 24h, kNow, memory);
    QVERIFY(message);
    QVERIFY(message->subject.find('\n') == std::string::npos);
    QVERIFY(message->subject.find('\r') == std::string::npos);
    const std::string mail = asMail(*message, bad, {bad, "b@c"}, kNow, "7");
    QCOMPARE(mail.find("\nBcc:"), std::string::npos);
    QCOMPARE(mail.find("\n.\r"), std::string::npos);
    // Nor does an address name a second one.
    const std::string two = asMail(*message, "a@b", {"a@b>,<thief@example"}, kNow, "7");
    QVERIFY2(two.find("To: <a@bthief@example>\r\n") != std::string::npos, two.c_str());
    const std::string headers = mail.substr(0, mail.find("\r\n\r\n"));
    for (const QByteArray &line : QByteArray::fromStdString(headers).split('\n'))
        QVERIFY2(line.startsWith(' ')
                     || QRegularExpression(
                            QStringLiteral("^(From|To|Subject|Date|Message-ID|Auto-Submitted|X-"
                                           "Priority|MIME-Version|Content-[A-Za-z-]+): "))
                            .match(QString::fromUtf8(line))
                            .hasMatch(),
                 line.constData());
}

void MessageTest::jsonIsJson()
{
    AlertMemory memory;
    const auto message = due(memory, {check("a", CheckState::Firing, "\"quoted\" \xff")});
    const std::string json = asJson(*message, "EM\"0035", kNow);
    const auto members = base::json::members(json);
    QVERIFY(members);
    QByteArray names;
    for (const auto &member : *members)
        names += QByteArray(member.key.data(), static_cast<qsizetype>(member.key.size())) + ' ';
    QCOMPARE(names, QByteArray("monitor kind level subject body checks time text "));
    QCOMPARE(std::string(*base::json::find(*members, "level")), std::string("\"failed\""));
    QCOMPARE(std::string(*base::json::find(*members, "checks")), std::string("[\"a\"]"));
}

QTEST_GUILESS_MAIN(MessageTest)

#include "message_test.moc"
