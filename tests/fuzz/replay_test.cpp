#include "tests/fuzz/targets.h"

#include <QDir>
#include <QtTest>

/// Every target over its corpus: inputs of all kinds, and those that once broke something, by name.
class ReplayTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void corpus_data();
    void corpus();
    void piecesOfTheCorpus_data() { corpus_data(); }
    void piecesOfTheCorpus();
};

namespace {

const QString kCorpus = QStringLiteral(FM_SOURCE_DIR "/tests/fuzz/corpus/");

QByteArray bytesOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

std::string run(int target, QByteArrayView bytes)
{
    return fuzz::kTargets[static_cast<size_t>(target)].run(
        {bytes.data(), static_cast<size_t>(bytes.size())});
}

} // namespace

void ReplayTest::corpus_data()
{
    QTest::addColumn<int>("target");
    QTest::addColumn<QString>("path");
    for (size_t target = 0; target < fuzz::kTargets.size(); ++target) {
        const char *name = fuzz::kTargets[target].name;
        const QDir folder(kCorpus + QLatin1String(name));
        const QStringList files = folder.entryList(QDir::Files, QDir::Name);
        QVERIFY2(files.size() >= 3, name);
        for (const QString &file : files)
            QTest::addRow("%s: %s", name, qPrintable(file)) << int(target) << folder.filePath(file);
    }
}

void ReplayTest::corpus()
{
    QFETCH(const int, target);
    QFETCH(const QString, path);
    QCOMPARE(QString::fromStdString(run(target, bytesOf(path))), QString());
}

/// Cut, and with single bytes changed: the first steps of a fuzzer, in every run of the tests.
void ReplayTest::piecesOfTheCorpus()
{
    QFETCH(const int, target);
    QFETCH(const QString, path);
    const QByteArray whole = bytesOf(path);
    const qsizetype step = std::max<qsizetype>(1, whole.size() / 25);
    for (qsizetype at = 0; at < whole.size(); at += step) {
        QByteArray changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
        for (const QByteArrayView input :
             {QByteArrayView(whole).first(at), QByteArrayView(changed)})
            QVERIFY2(run(target, input).empty(),
                     qPrintable(QStringLiteral("at byte %1: ").arg(at)
                                + QString::fromStdString(run(target, input))));
    }
}

QTEST_GUILESS_MAIN(ReplayTest)
#include "replay_test.moc"
