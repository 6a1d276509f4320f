#include "core/base/secret.h"

#include <QRegularExpression>
#include <QTest>

#include <new>
#include <ostream>
#include <type_traits>

using base::Secret;

// Nothing prints it, copies it by accident or makes text of it.
static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!std::is_convertible_v<
                  Secret, std::string> && !std::is_convertible_v<Secret, std::string_view>);
static_assert(
    !std::is_convertible_v<std::string, Secret> && !std::is_convertible_v<const char *, Secret>);
template <typename T>
concept Streamable = requires(std::ostream &out, const T &value)
{
    out << value;
};
static_assert(Streamable<int> && !Streamable<Secret>);
static_assert(
    std::is_nothrow_move_constructible_v<Secret> && std::is_nothrow_move_assignable_v<Secret>);

namespace {

const std::string kLong = "a password that is too long for the buffer inside of std::string";
const std::string kShort = "pa55word";

QString debugText(const Secret &secret)
{
    QString text;
    QDebug(&text) << secret;
    return text;
}

/// What the object itself holds of a needle: a short string lies inside of it.
bool bytesContain(const void *object, size_t size, const std::string &needle)
{
    return std::string_view(static_cast<const char *>(object), size).find(needle)
        != std::string_view::npos;
}

} // namespace

class SecretTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void empty();
    void revealsAndClones_data();
    void revealsAndClones();
    void isNeverPrinted();
    void movedFromIsEmpty_data();
    void movedFromIsEmpty();
    void movedFromIsWiped();
    void destroyedIsWiped();
    void constructorLeavesNothingOfAShortPassword();
};

void SecretTest::empty()
{
    const Secret secret;
    QVERIFY(secret.isEmpty());
    QVERIFY(secret.reveal().empty());
    QVERIFY(secret.clone().isEmpty());
}

void SecretTest::revealsAndClones_data()
{
    QTest::addColumn<QByteArray>("password");
    QTest::newRow("short") << QByteArray::fromStdString(kShort);
    QTest::newRow("long") << QByteArray::fromStdString(kLong);
    QTest::newRow("with NUL") << QByteArray("a\0b", 3);
}

void SecretTest::revealsAndClones()
{
    QFETCH(QByteArray, password);
    const Secret secret(password.toStdString());
    QVERIFY(!secret.isEmpty());
    QCOMPARE(std::string(secret.reveal()), password.toStdString());
    const Secret clone = secret.clone();
    QCOMPARE(std::string(clone.reveal()), password.toStdString());
    QCOMPARE(std::string(secret.reveal()), password.toStdString());
}

void SecretTest::isNeverPrinted()
{
    QVERIFY(debugText(Secret(kShort)).contains(QStringLiteral("<redacted>")));
    QVERIFY(!debugText(Secret(kShort)).contains(QString::fromStdString(kShort)));
    QVERIFY(debugText(Secret()).contains(QStringLiteral("<redacted>"))); // nor whether there is one
}

void SecretTest::movedFromIsEmpty_data()
{
    revealsAndClones_data();
}

void SecretTest::movedFromIsEmpty()
{
    QFETCH(QByteArray, password);
    Secret first(password.toStdString());
    Secret second(std::move(first));
    QVERIFY(first.isEmpty()); // NOLINT(bugprone-use-after-move): that is the question
    QCOMPARE(std::string(second.reveal()), password.toStdString());
    Secret third(std::string("another one, longer than the buffer"));
    third = std::move(second);
    QVERIFY(second.isEmpty()); // NOLINT(bugprone-use-after-move)
    QCOMPARE(std::string(third.reveal()), password.toStdString());
    Secret &same = third;
    third = std::move(same);
    QCOMPARE(std::string(third.reveal()), password.toStdString());
}

void SecretTest::movedFromIsWiped()
{
    Secret secret{std::string(kLong)};
    const char *const where = secret.reveal().data(); // cleared, not freed: it may be looked at
    const size_t length = secret.reveal().size();
    const Secret taken(std::move(secret));
    QVERIFY(taken.reveal().data() != where);
    QCOMPARE(std::string(where, length), std::string(length, '\0'));
}

void SecretTest::destroyedIsWiped()
{
    alignas(Secret) std::array<char, sizeof(Secret)> storage{};
    auto *const secret = new (storage.data()) Secret{std::string(kShort)};
    QVERIFY(bytesContain(storage.data(), storage.size(), kShort));
    secret->~Secret();
    QVERIFY(!bytesContain(storage.data(), storage.size(), kShort.substr(1)));
}

// The string that was moved from kept all but the first byte of a short password.
void SecretTest::constructorLeavesNothingOfAShortPassword()
{
    std::string password = kShort;
    const Secret secret(std::move(password));
    QCOMPARE(std::string(secret.reveal()), kShort);
    QVERIFY(!bytesContain(&password, sizeof password, kShort.substr(1)));
}

QTEST_GUILESS_MAIN(SecretTest)

#include "secret_test.moc"
