#include "core/base/error.h"
#include "core/base/result.h"

#include <QRegularExpression>
#include <QSet>
#include <QTest>

#include <memory>

using namespace base;

class ErrorTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void traits_data();
    void traits();
    void codesDiffer();
    void context();
    void resultHoldsAValue();
    void resultHoldsAnError();
    void resultMovesItsValueOut();
    void status();
};

namespace {

struct Row {
    ErrorKind kind;
    const char *code;
    int exitCode;
    bool hasRemedy;
};

constexpr int kKinds = static_cast<int>(ErrorKind::Internal) + 1;

/// The interface: these names and numbers do not change.
constexpr Row kRows[] = {
    {ErrorKind::Unreachable, "unreachable", 2, true},
    {ErrorKind::Timeout, "timeout", 2, true},
    {ErrorKind::Tls, "tls", 2, true},
    {ErrorKind::Unauthorized, "unauthorized", 2, true},
    {ErrorKind::Forbidden, "forbidden", 2, true},
    {ErrorKind::NotFound, "not_found", 2, true},
    {ErrorKind::Conflict, "conflict", 2, false},
    {ErrorKind::TooLarge, "too_large", 2, false},
    {ErrorKind::Busy, "busy", 2, true},
    {ErrorKind::Server, "server_error", 2, true},
    {ErrorKind::Redirected, "redirected", 2, true},
    {ErrorKind::Protocol, "protocol", 2, true},
    {ErrorKind::Io, "io", 2, true},
    {ErrorKind::NoSpace, "no_space", 2, true},
    {ErrorKind::Corrupt, "corrupt", 2, true},
    {ErrorKind::Hostile, "hostile", 2, true},
    {ErrorKind::Unsupported, "unsupported", 2, false},
    {ErrorKind::Usage, "usage", 64, true},
    {ErrorKind::Locked, "locked", 2, true},
    {ErrorKind::Cancelled, "cancelled", 130, false},
    {ErrorKind::Internal, "internal", 2, true},
};
static_assert(std::size(kRows) == kKinds);

} // namespace

void ErrorTest::traits_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<bool>("hasRemedy");
    for (const Row &row : kRows)
        QTest::newRow(row.code) << static_cast<int>(row.kind) << QByteArray(row.code)
                                << row.exitCode << row.hasRemedy;
}

void ErrorTest::traits()
{
    QFETCH(int, kind);
    QFETCH(QByteArray, code);
    QFETCH(int, exitCode);
    QFETCH(bool, hasRemedy);
    const auto errorKind = static_cast<ErrorKind>(kind);
    QCOMPARE(QByteArray(errorCode(errorKind)), code);
    QCOMPARE(base::exitCode(errorKind), exitCode);
    const QString remedy = errorRemedy(errorKind);
    QCOMPARE(!remedy.isEmpty(), hasRemedy);
    QVERIFY(remedy.isEmpty() || (remedy.front().isUpper() && remedy.endsWith(u'.')));
}

void ErrorTest::codesDiffer()
{
    QSet<QByteArray> codes;
    for (int kind = 0; kind < kKinds; ++kind)
        codes += QByteArray(errorCode(static_cast<ErrorKind>(kind)));
    QCOMPARE(codes.size(), kKinds);
    // What a newer part of the program might hand over is a bug of ours, and says so.
    QCOMPARE(QByteArray(errorCode(static_cast<ErrorKind>(kKinds))), QByteArray("internal"));
}

void ErrorTest::context()
{
    const Error error{ErrorKind::Io, QStringLiteral("100%1 is bad."), QStringLiteral("errno 5")};
    const Error placed = error.withContext(QStringLiteral("While reading %2"));
    QCOMPARE(placed.kind, ErrorKind::Io);
    QCOMPARE(placed.message, QStringLiteral("While reading %2: 100%1 is bad."));
    QCOMPARE(placed.detail, QStringLiteral("errno 5"));
    QCOMPARE(error.message, QStringLiteral("100%1 is bad."));
}

void ErrorTest::resultHoldsAValue()
{
    Result<std::string> result = std::string("a");
    QVERIFY(result);
    *result += "b";
    QCOMPARE(result->size(), size_t{2});
    const Result<std::string> copy = result;
    QCOMPARE(*copy, std::string("ab"));
    QCOMPARE(copy->size(), size_t{2});
}

void ErrorTest::resultHoldsAnError()
{
    Result<std::string> result = Error{ErrorKind::NotFound, QStringLiteral("No.")};
    QVERIFY(!result);
    QCOMPARE(result.error().kind, ErrorKind::NotFound);
    result = std::string("now");
    QVERIFY(result);
}

void ErrorTest::resultMovesItsValueOut()
{
    Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
    const std::unique_ptr<int> taken = *std::move(result);
    QCOMPARE(*taken, 5);
}

void ErrorTest::status()
{
    Status good;
    QVERIFY(good);
    const Status bad = Error{ErrorKind::Busy, QStringLiteral("Later.")};
    QVERIFY(!bad);
    QCOMPARE(bad.error().kind, ErrorKind::Busy);
    good = bad;
    QVERIFY(!good);
}

QTEST_GUILESS_MAIN(ErrorTest)

#include "error_test.moc"
