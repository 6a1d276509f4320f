#include "core/base/failpoint.h"

#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

/// The environment is read when the first point is passed, so each case has a process of its own.
class FailpointPosixTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void killsAtTheNthPoint_data();
    void killsAtTheNthPoint();
    void logsWithoutKilling();
};

namespace {

void passThree()
{
    FM_POINT("first");
    FM_POINT("second");
    FM_POINT("third");
}

/// The status of a child that passes three points with this environment.
int statusOfChild(const QByteArray &killAt, const QByteArray &logFile)
{
    const pid_t child = ::fork();
    if (child == 0) {
        if (!killAt.isEmpty())
            ::setenv("FM_KILL_AT", killAt.constData(), 1);
        ::setenv("FM_POINT_LOG", logFile.constData(), 1);
        passThree();
        ::_exit(7);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

void FailpointPosixTest::killsAtTheNthPoint_data()
{
    QTest::addColumn<QByteArray>("killAt");
    QTest::addColumn<bool>("dies");
    QTest::addColumn<QByteArray>("log");
    QTest::newRow("the first") << QByteArray("1") << true << QByteArray("1 first\n");
    QTest::newRow("the last") << QByteArray("3") << true
                              << QByteArray("1 first\n2 second\n3 third\n");
    QTest::newRow("behind the last")
        << QByteArray("4") << false << QByteArray("1 first\n2 second\n3 third\n");
    QTest::newRow("none") << QByteArray() << false << QByteArray("1 first\n2 second\n3 third\n");
}

void FailpointPosixTest::killsAtTheNthPoint()
{
    QFETCH(QByteArray, killAt);
    QFETCH(bool, dies);
    QFETCH(QByteArray, log);
    const QTemporaryDir folder;
    const QString logFile = folder.filePath(QStringLiteral("log"));
    const int status = statusOfChild(killAt, logFile.toUtf8());
    if (dies)
        QVERIFY(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    else
        QVERIFY(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    QCOMPARE(contentOf(logFile), log);
}

void FailpointPosixTest::logsWithoutKilling()
{
    const QTemporaryDir folder;
    const QString logFile = folder.filePath(QStringLiteral("log"));
    qputenv("FM_POINT_LOG", logFile.toUtf8());
    passThree(); // in this process, and the last of all: it reads the environment for good
    QCOMPARE(contentOf(logFile), QByteArray("1 first\n2 second\n3 third\n"));
}

QTEST_GUILESS_MAIN(FailpointPosixTest)

#include "failpoint_posix_test.moc"
