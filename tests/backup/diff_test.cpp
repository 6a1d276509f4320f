#include "core/backup/diff.h"

#include <QTest>

using backup::DatabaseChange;
using backup::DatabaseState;
using backup::DocumentChange;
using namespace std::string_literals;

class DiffTest : public QObject
{
    Q_OBJECT
private slots:
    void databases_data();
    void databases();
    void databasesAreSortedByName();
    void documents_data();
    void documents();
    void statesOfADocument();
    void buckets();
};

namespace {

std::vector<DatabaseState> databaseOf(const QByteArray &text)
{
    if (text.isEmpty())
        return {};
    DatabaseState state;
    state.name = "db";
    if (text == "?")
        state.problem = QStringLiteral("It is damaged.");
    else
        state.leafSet = text.toStdString();
    return {state};
}

/// Paths such as "1-a 2-b", newest last; a leaf that ends with ! is deleted. No text: no document.
std::optional<store::Metadata> documentOf(const QByteArrayList &paths)
{
    if (paths.isEmpty())
        return std::nullopt;
    store::Metadata metadata;
    metadata.id = "doc";
    for (QByteArray text : paths) {
        const bool isDeleted = text.endsWith('!');
        if (isDeleted)
            text.chop(1);
        store::RevPath path;
        for (const QByteArray &word : text.split(' ')) {
            const auto rev = store::RevId::parse(word.toStdString());
            path.start = rev->generation;
            path.hashes.insert(path.hashes.begin(), rev->hash);
        }
        metadata.tree.merge(path, isDeleted);
    }
    return metadata;
}

const store::Metadata *pointerTo(const std::optional<store::Metadata> &metadata)
{
    return metadata ? &*metadata : nullptr;
}

} // namespace

void DiffTest::databases_data()
{
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<QByteArray>("after");
    QTest::addColumn<int>("change");
    const auto row = [](const char *name, const char *before, const char *after,
                        DatabaseChange change) {
        QTest::newRow(name) << QByteArray(before) << QByteArray(after) << static_cast<int>(change);
    };
    row("the same leaves", "aa", "aa", DatabaseChange::Unchanged);
    row("other leaves", "aa", "ab", DatabaseChange::Changed);
    row("only after", "", "aa", DatabaseChange::Added);
    row("only before", "aa", "", DatabaseChange::Removed);
    row("not readable before", "?", "aa", DatabaseChange::Unknown);
    row("not readable after", "aa", "?", DatabaseChange::Unknown);
    row("readable nowhere", "?", "?", DatabaseChange::Unknown);
    row("new, and not readable", "", "?", DatabaseChange::Unknown);
}

void DiffTest::databases()
{
    QFETCH(QByteArray, before);
    QFETCH(QByteArray, after);
    QFETCH(int, change);
    const auto differences = backup::diffDatabases(databaseOf(before), databaseOf(after));
    QCOMPARE(differences.size(), size_t{1});
    QCOMPARE(differences[0].name, "db"s);
    QCOMPARE(static_cast<int>(differences[0].change), change);
    QCOMPARE(differences[0].before.has_value(), !before.isEmpty());
    QCOMPARE(differences[0].after.has_value(), !after.isEmpty());
}

void DiffTest::databasesAreSortedByName()
{
    const auto named = [](const char *name) {
        DatabaseState state;
        state.name = name;
        return state;
    };
    const auto differences =
        backup::diffDatabases({named("c"), named("a")}, {named("d"), named("b"), named("a")});
    std::string names;
    for (const auto &difference : differences)
        names += difference.name;
    QCOMPARE(names, "abcd"s);
    QVERIFY(backup::diffDatabases({}, {}).empty());
}

void DiffTest::documents_data()
{
    QTest::addColumn<QByteArrayList>("before");
    QTest::addColumn<QByteArrayList>("after");
    QTest::addColumn<int>("change");
    constexpr int equal = -1;
    const auto row = [](const char *name, const QByteArrayList &before, const QByteArrayList &after,
                        int change) { QTest::newRow(name) << before << after << change; };
    const int winner = static_cast<int>(DocumentChange::Winner);
    const int leaves = static_cast<int>(DocumentChange::Leaves);
    row("nowhere", {}, {}, equal);
    row("equal", {"1-a 2-b"}, {"1-a 2-b"}, equal);
    row("equal, a longer history is known", {"1-a 2-b"}, {"2-b"}, equal);
    row("equal conflicts in another order", {"1-a 2-b", "1-a 2-c"}, {"1-a 2-c", "1-a 2-b"}, equal);
    row("new", {}, {"1-a"}, static_cast<int>(DocumentChange::Added));
    row("gone", {"1-a"}, {}, static_cast<int>(DocumentChange::Removed));
    row("written", {"1-a"}, {"1-a 2-b"}, winner);
    row("deleted", {"1-a"}, {"1-a 2-b!"}, winner);
    row("brought back", {"1-a 2-b!"}, {"1-a 2-b 3-c"}, winner);
    row("a conflict that loses came", {"1-a 2-c"}, {"1-a 2-c", "1-a 2-b"}, leaves);
    row("a conflict that wins came", {"1-a 2-b"}, {"1-a 2-c", "1-a 2-b"}, winner);
    row("a conflict was resolved", {"1-a 2-c", "1-a 2-b"}, {"1-a 2-c", "1-a 2-b 3-d!"}, leaves);
    row("the winner was deleted", {"1-a 2-c", "1-a 2-b"}, {"1-a 2-c 3-d!", "1-a 2-b"}, winner);
    row("the same leaf, now deleted", {"1-a"}, {"1-a!"}, leaves);
}

void DiffTest::documents()
{
    QFETCH(QByteArrayList, before);
    QFETCH(QByteArrayList, after);
    QFETCH(int, change);
    const auto left = documentOf(before);
    const auto right = documentOf(after);
    const auto difference = backup::diffDocument(pointerTo(left), pointerTo(right));
    QCOMPARE(difference ? static_cast<int>(difference->change) : -1, change);
    if (difference)
        QCOMPARE(difference->id, "doc"s);
}

void DiffTest::statesOfADocument()
{
    const auto before = documentOf({"1-a 2-b", "1-a 2-c"});
    const auto after = documentOf({"1-a 2-b 3-d!", "1-a 2-c 3-e!"});
    const auto difference = backup::diffDocument(pointerTo(before), pointerTo(after));
    QVERIFY(difference);
    QVERIFY(difference->before == (backup::DocumentState{"2-c", false, 2}));
    QVERIFY(difference->after == (backup::DocumentState{"3-e", true, 2}));
    QVERIFY(!backup::diffDocument(nullptr, pointerTo(after))->before);
}

void DiffTest::buckets()
{
    const std::string zero(64, '0');
    const std::string one = std::string(63, '0') + '1';
    const std::map<int, std::string> before{{0, one}, {7, one}, {255, zero}};
    QVERIFY(backup::differingBuckets(before, before).none());
    const auto differing = backup::differingBuckets(before, {{0, one}, {7, zero}, {9, one}});
    QCOMPARE(differing.count(), size_t{2});
    QVERIFY(differing[7] && differing[9]);
    QVERIFY(backup::differingBuckets(before, {{0, one}, {7, one}}).none()); // left out is zero
    QVERIFY(backup::differingBuckets({}, before).all());
    QVERIFY(backup::differingBuckets(before, {}).all());
}

QTEST_GUILESS_MAIN(DiffTest)

#include "diff_test.moc"
