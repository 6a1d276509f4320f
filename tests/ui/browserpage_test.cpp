#include "tests/ui/browserarchive.h"
#include "ui/browser/browserpage.h"
#include "ui/browser/documentpane.h"
#include "ui/browser/revisionpanel.h"
#include "ui/browser/revisionview.h"
#include "ui/browser/textpane.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QDropEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QStackedWidget>
#include <QTableView>
#include <QTableWidget>
#include <QTabWidget>
#include <QTest>
#include <QToolButton>

using browser::BrowserPage;
using browser::DocumentPane;
using testsupport::TemporaryFolder;
using uitesting::BrowserArchive;

namespace {

/// The page as an operator sees it; everything is found by its name.
struct Screen {
    BrowserPage page;
    Screen()
    {
        page.resize(1100, 800);
        page.show();
    }

    template <typename T>
    T *find(const char *name)
    {
        return page.findChild<T *>(QString::fromLatin1(name));
    }
    QAbstractItemModel *documents() { return find<QTableView>("browser.documents")->model(); }
    QAbstractItemModel *databases() { return find<QTableView>("browser.databases")->model(); }
    bool isVisible(const char *name) { return find<QWidget>(name)->isVisible(); }
    QString text(const char *label) { return find<QLabel>(label)->text(); }
    QString body()
    {
        return page.findChild<browser::TextPane *>(QStringLiteral("document.body"))->shownText();
    }

    bool open(const QString &path)
    {
        QSignalSpy opened(&page, &BrowserPage::opened);
        page.open(path);
        return opened.wait(10'000);
    }
    bool openDatabase(const char *name)
    {
        QSignalSpy listed(&page, &BrowserPage::documentsListed);
        page.selectDatabase(name);
        return listed.wait(10'000);
    }
    bool showDocument(const QString &id)
    {
        QSignalSpy shown(page.document(), &DocumentPane::shown);
        for (int row = 0; row < documents()->rowCount(); ++row) {
            if (documents()->index(row, 0).data().toString() != id)
                continue;
            find<QTableView>("browser.documents")->selectRow(row);
            return shown.wait(10'000);
        }
        return false;
    }
    QStringList ids()
    {
        QStringList ids;
        for (int row = 0; row < documents()->rowCount(); ++row)
            ids += documents()->index(row, 0).data().toString();
        return ids;
    }
};

void choose(QComboBox *box, int index)
{
    box->setCurrentIndex(index);
    emit box->activated(index);
}

} // namespace

class BrowserPageTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { m_archive = std::make_unique<BrowserArchive>(); }

    void init()
    {
        // What the platform without a display says of itself is no fault of ours.
        QTest::failOnWarning(
            QRegularExpression(QStringLiteral("^(?!This plugin does not support)")));
    }

    void nothingIsOpenAtFirst();
    void ours();
    void bodyAndItsBytes();
    void otherRevisions();
    void revisionTree();
    void attachments();
    void comparesTwoLeaves();
    void secretsStayHiddenUntilRevealed();
    void filters_data();
    void filters();
    void searchInFields();
    void searchThatCannotBeUnderstood();
    void extraction();
    void thePredecessors();
    void cutShort();
    void notThere();
    void openingCanBeCancelled();
    void aFileCanBeDropped();
    void anotherArchiveInItsPlace();

private:
    std::unique_ptr<BrowserArchive> m_archive;
};

void BrowserPageTest::nothingIsOpenAtFirst()
{
    Screen screen;
    QVERIFY(screen.isVisible("browser.empty"));
    QVERIFY(screen.isVisible("browser.openFirst"));
    QVERIFY(!screen.isVisible("browser.databases"));
}

void BrowserPageTest::ours()
{
    Screen screen;
    const QAbstractItemModelTester databaseTester(screen.databases());
    const QAbstractItemModelTester documentTester(screen.documents());
    QVERIFY(screen.open(m_archive->path()));
    QCOMPARE(screen.databases()->rowCount(), 3);
    QCOMPARE(screen.databases()->index(2, 0).data().toString(), QStringLiteral("org_acme"));
    QCOMPARE(screen.databases()->index(2, 1).data().toString(), QStringLiteral("44"));
    QCOMPARE(screen.databases()->index(2, 2).data().toString(), QStringLiteral("1"));
    QCOMPARE(screen.databases()->index(2, 3).data().toString(), QStringLiteral("1"));
    QCOMPARE(screen.databases()->index(2, 4).data().toString(), QStringLiteral("3"));
    QVERIFY(screen.text("browser.origin").contains(QStringLiteral("Complete backup")));
    QVERIFY(!screen.isVisible("browser.message"));
    QVERIFY(screen.openDatabase("org_acme"));
    QCOMPARE(screen.documents()->rowCount(), 45);
    QVERIFY(screen.text("browser.status").contains(QStringLiteral("45")));
    QTRY_COMPARE(screen.documents()->index(2, 3).data().toString(), QStringLiteral("3"));
    QVERIFY(!screen.documents()->index(2, 4).data().toString().isEmpty());
}

void BrowserPageTest::bodyAndItsBytes()
{
    Screen screen;
    QVERIFY(screen.open(m_archive->path()));
    QVERIFY(screen.openDatabase("org_acme"));
    QVERIFY(screen.showDocument(QStringLiteral("plan:8")));
    QVERIFY(screen.body().contains(QStringLiteral("\n  \"size\": 1.50")));
    QSignalSpy shown(screen.page.document(), &DocumentPane::shown);
    screen.find<QToolButton>("document.raw")->click();
    QVERIFY(shown.wait());
    QVERIFY(screen.body().startsWith(QStringLiteral("{\"type\":\"plan\"")));
    QVERIFY(screen.body().contains(QStringLiteral("\"size\":1.50")));
    auto *pane = screen.find<browser::TextPane>("document.body");
    pane->find(QStringLiteral("plan"));
    QCOMPARE(pane->found(), 2);
    pane->find(QStringLiteral("nowhere"));
    QCOMPARE(pane->found(), 0);
}

void BrowserPageTest::otherRevisions()
{
    Screen screen;
    QVERIFY(screen.open(m_archive->path()));
    QVERIFY(screen.openDatabase("org_acme"));
    QVERIFY(screen.showDocument(QStringLiteral("plan:7")));
    auto *revision = screen.find<QComboBox>("document.revision");
    QCOMPARE(revision->count(), 3);
    QVERIFY(revision->itemText(0).endsWith(QStringLiteral("winner")));
    QVERIFY(revision->itemText(1).endsWith(QStringLiteral("conflict")));
    QVERIFY(revision->itemText(2).endsWith(QStringLiteral("deleted")));
    QVERIFY(screen.body().contains(QStringLiteral("    3")));
    QSignalSpy shown(screen.page.document(), &DocumentPane::shown);
    choose(revision, 1);
    QVERIFY(shown.wait());
    QVERIFY(!screen.body().contains(QStringLiteral("    3")));
}

void BrowserPageTest::revisionTree()
{
    Screen screen;
    QVERIFY(screen.open(m_archive->path()));
    QVERIFY(screen.openDatabase("org_acme"));
    QVERIFY(screen.showDocument(QStringLiteral("plan:7")));
    screen.page.document()->showTab(DocumentPane::Tree);
    auto *view = screen.find<browser::RevisionView>("revisions.view");
    QVERIFY(view->isVisible());
    QCOMPARE(view->revisions().rows, 3);
    QVERIFY(view->currentDescription().contains(QStringLiteral("the winner")));
    QVERIFY(view->accessibleDescription().contains(QStringLiteral("the winner")));
    // To the conflict and its body.
    QTest::keyClick(view, Qt::Key_Down);
    QVERIFY(view->currentDescription().contains(QStringLiteral("conflicting")));
    QSignalSpy shown(screen.page.document(), &DocumentPane::shown);
    QTest::keyClick(view, Qt::Key_Return);
    QVERIFY(shown.wait());
    QVERIFY(screen.isVisible("document.body"));
    QCOMPARE(screen.find<QComboBox>("document.revision")->currentIndex(), 1);
    // An ancestor has none, and that is said.
    screen.page.document()->showTab(DocumentPane::Tree);
    QTest::keyClick(view, Qt::Key_Left);
    QTest::keyClick(view, Qt::Key_Return);
    QTRY_VERIFY(screen.isVisible("document.problem"));
    QVERIFY(screen.text("document.problem").contains(QStringLiteral("not in the backup")));

    // A fold is unfolded.
    QVERIFY(screen.showDocument(QStringLiteral("plan:8")));
    screen.page.document()->showTab(DocumentPane::Tree);
    QCOMPARE(view->revisions().items.size(), size_t{4});
    QTest::keyClick(view, Qt::Key_Home);
    QTest::keyClick(view, Qt::Key_Right);
    QVERIFY(view->currentDescription().contains(QStringLiteral("11 ")));
    QTest::keyClick(view, Qt::Key_Return);
    QCOMPARE(view->revisions().items.size(), size_t{14});
    screen.find<QToolButton>("revisions.fold")->click();
    screen.find<QToolButton>("revisions.fold")->click();
    QCOMPARE(view->revisions().items.size(), size_t{4});

    const QByteArray svg = view->svg();
    QVERIFY(svg.contains("<svg"));
    QVERIFY(svg.contains("winner"));
    QVERIFY(!view->image().isNull());
}

void BrowserPageTest::attachments()
{
    Screen screen;
    QVERIFY(screen.open(m_archive->path()));
    QVERIFY(screen.openDatabase("org_acme"));
    QVERIFY(screen.showDocument(QStringLiteral("report:1")));
    screen.page.document()->showTab(DocumentPane::Attachments);
    auto *list = screen.find<QTableWidget>("attachments.list");
    QCOMPARE(list->rowCount(), 3);
    const auto rowOf = [&](const char *name) {
        return list->findItems(QString::fromLatin1(name), Qt::MatchExactly).constFirst()->row();
    };
    list->setCurrentCell(rowOf("picture.png"), 0);
    QTRY_VERIFY(screen.isVisible("attachments.image"));
    QVERIFY(!screen.find<QLabel>("attachments.image")->pixmap().isNull());
    list->setCurrentCell(rowOf("data.bin"), 0);
    QTRY_VERIFY(screen.text("attachments.message").contains(QStringLiteral("no preview")));
    list->setCurrentCell(rowOf("notes.txt"), 0);
    QTRY_VERIFY(!screen.isVisible("attachments.message"));
    QVERIFY(screen.find<QStackedWidget>("attachments.preview")
                ->currentWidget()
                ->findChild<QPlainTextEdit *>()
                ->toPlainText()
                .contains(QStringLiteral("Second line.")));
}

void BrowserPageTest::comparesTwoLeaves()
{
    Screen screen;
    QVERIFY(screen.open(m_archive->path()));
    QVERIFY(screen.openDatabase("org_acme"));
    QVERIFY(screen.showDocument(QStringLiteral("plan:7")));
    screen.page.document()->showTab(DocumentPane::Compare);
    auto *difference = screen.find<browser::TextPane>("compare.difference");
    QTRY_VERIFY(difference->shownText().contains(QStringLiteral("\n-     3\n")));
    QVERIFY(difference->shownText().contains(QStringLiteral("\n    \"type\": \"plan\"")));
    // With one body there is nothing to compare.
    QVERIFY(screen.showDocument(QStringLiteral("plan:8")));
    QVERIFY(!screen.find<QTabWidget>("document.tabs")->isTabEnabled(DocumentPane::Compare));
}

void BrowserPageTest::secretsStayHiddenUntilRevealed()
{
    Screen screen;
    QVERIFY(screen.open(m_archive->path()));
    QVERIFY(screen.openDatabase("_users"));
    QVERIFY(screen.showDocument(QStringLiteral("org.couchdb.user:anna")));
    auto *reveal = screen.find<QToolButton>("document.reveal");
    QVERIFY(reveal->isVisible());
    for (const bool isRaw : {false, true}) {
        screen.find<QToolButton>("document.raw")->setChecked(isRaw);
        reveal->setChecked(false);
        QTRY_VERIFY(screen.body().contains(QStringLiteral("•••••")));
        QVERIFY(!screen.body().contains(QStringLiteral("c0ffee")));
        QVERIFY(!screen.body().contains(QStringLiteral("5a17")));
        QVERIFY(screen.body().contains(QStringLiteral("editor")));
        reveal->setChecked(true);
        QTRY_VERIFY(screen.body().contains(QStringLiteral("c0ffee")));
    }
    // The next database has none, and coming back they are hidden again.
    QVERIFY(screen.openDatabase("asmt_acme"));
    QVERIFY(screen.showDocument(QStringLiteral("question:1")));
    QVERIFY(!reveal->isVisible());
    QVERIFY(screen.openDatabase("_users"));
    QVERIFY(screen.showDocument(QStringLiteral("org.couchdb.user:anna")));
    QVERIFY(!screen.body().contains(QStringLiteral("c0ffee")));
}

void BrowserPageTest::filters_data()
{
    QTest::addColumn<QString>("query");
    QTest::addColumn<int>("mode");
    QTest::addColumn<QByteArray>("chip");
    QTest::addColumn<QStringList>("expected");
    const auto list = [](const char *ids) {
        return QString::fromLatin1(ids).split(QLatin1Char(' '));
    };
    QTest::newRow("contains") << "lan" << 0 << QByteArray() << list("plan:7 plan:8");
    QTest::newRow("begins with") << "user:103" << 1 << QByteArray()
                                 << list("user:1030 user:1031 user:1032 user:1033 user:1034 "
                                         "user:1035 user:1036 user:1037 user:1038 user:1039");
    QTest::newRow("begins with what is in the middle")
        << "lan" << 1 << QByteArray() << QStringList();
    QTest::newRow("deleted") << "" << 0 << QByteArray("browser.onlyDeleted") << list("user:gone");
    QTest::newRow("conflicted") << "" << 0 << QByteArray("browser.onlyConflicted")
                                << list("plan:7");
    QTest::newRow("with attachments")
        << "" << 0 << QByteArray("browser.onlyWithAttachments") << list("report:1");
    QTest::newRow("both") << "8" << 0 << QByteArray("browser.onlyConflicted") << QStringList();
}

void BrowserPageTest::filters()
{
    QFETCH(QString, query);
    QFETCH(int, mode);
    QFETCH(QByteArray, chip);
    QFETCH(QStringList, expected);
    Screen screen;
    const QAbstractItemModelTester tester(screen.documents());
    QVERIFY(screen.open(m_archive->path()));
    QVERIFY(screen.openDatabase("org_acme"));
    screen.find<QComboBox>("browser.mode")->setCurrentIndex(mode);
    QTest::keyClicks(screen.find<QLineEdit>("browser.query"), query);
    if (!chip.isEmpty()) {
        auto *button = screen.find<QToolButton>(chip.constData());
        QTRY_VERIFY(button->isEnabled());
        button->click();
    }
    QTRY_COMPARE(screen.ids(), expected);
    QTRY_VERIFY(screen.text("browser.status").contains(QStringLiteral("of 45")));
    // And all of them again.
    screen.find<QComboBox>("browser.mode")->setCurrentIndex(0);
    screen.find<QLineEdit>("browser.query")->clear();
    if (!chip.isEmpty())
        screen.find<QToolButton>(chip.constData())->click();
    QTRY_COMPARE(screen.documents()->rowCount(), 45);
}

void BrowserPageTest::searchInFields()
{
    Screen screen;
    QVERIFY(screen.open(m_archive->path()));
    QVERIFY(screen.openDatabase("org_acme"));
    screen.find<QComboBox>("browser.mode")->setCurrentIndex(2);
    auto *query = screen.find<QLineEdit>("browser.query");
    QSignalSpy finished(&screen.page, &BrowserPage::searchFinished);
    query->setText(QStringLiteral("title == \"Fire drill\""));
    QTest::keyClick(query, Qt::Key_Return);
    QVERIFY(finished.wait());
    QTRY_COMPARE(screen.ids(), QStringList(QStringLiteral("plan:8")));
    query->clear();
    QTRY_COMPARE(screen.documents()->rowCount(), 45);
}

void BrowserPageTest::searchThatCannotBeUnderstood()
{
    Screen screen;
    QVERIFY(screen.open(m_archive->path()));
    QVERIFY(screen.openDatabase("org_acme"));
    screen.find<QComboBox>("browser.mode")->setCurrentIndex(2);
    auto *query = screen.find<QLineEdit>("browser.query");
    query->setText(QStringLiteral("title"));
    QTest::keyClick(query, Qt::Key_Return);
    QVERIFY(screen.text("browser.status").contains(QStringLiteral("looks like")));
}

void BrowserPageTest::extraction()
{
    const TemporaryFolder folder;
    Screen screen;
    QVERIFY(screen.open(m_archive->path()));
    QVERIFY(screen.openDatabase("org_acme"));
    QVERIFY(screen.showDocument(QStringLiteral("report:1")));
    QSignalSpy extracted(&screen.page, &BrowserPage::extracted);
    const QString target = QString::fromStdString(base::toUtf8(folder.path("out")));
    screen.page.extract(BrowserPage::Scope::Document, target);
    QVERIFY(extracted.wait(10'000));
    QCOMPARE(extracted.first().at(1).toString(), QString());
    QVERIFY(QFile::exists(target + QStringLiteral("/index.json")));
    QVERIFY(screen.text("browser.status").contains(QStringLiteral("3 attachments")));
    // Into a folder that is in use: refused, in words.
    screen.page.extract(BrowserPage::Scope::Database, target);
    QVERIFY(extracted.wait(10'000));
    QVERIFY(screen.isVisible("browser.message"));
}

void BrowserPageTest::thePredecessors()
{
    Screen screen;
    const QAbstractItemModelTester tester(screen.databases());
    QVERIFY(screen.open(uitesting::predecessorArchive()));
    QVERIFY(screen.text("browser.origin").contains(QStringLiteral("predecessor")));
    QVERIFY(screen.databases()->rowCount() > 5);
    for (int row = 0; row < screen.databases()->rowCount(); ++row)
        QTRY_VERIFY(screen.databases()->index(row, 1).data().toString() != QStringLiteral("–"));
    QVERIFY(screen.openDatabase("conflicts"));
    QVERIFY(screen.showDocument(QStringLiteral("c-three")));
    QVERIFY(screen.body().contains(QStringLiteral("\"who\": 3")));
    QCOMPARE(screen.find<browser::RevisionView>("revisions.view")->revisions().rows, 3);
}

void BrowserPageTest::cutShort()
{
    const TemporaryFolder folder;
    const auto whole = base::readFile(base::fromUtf8(m_archive->path().toStdString()), 1 << 20);
    QVERIFY(whole);
    const auto cut = folder.path("cut.tgz");
    VERIFY_GOOD(base::writeFileAtomically(cut, whole->substr(0, whole->size() * 2 / 3)));
    Screen screen;
    QSignalSpy opened(&screen.page, &BrowserPage::opened);
    QSignalSpy failed(&screen.page, &BrowserPage::openFailed);
    screen.page.open(QString::fromStdString(base::toUtf8(cut)));
    QTRY_COMPARE(opened.count() + failed.count(), 1);
    QCOMPARE(opened.count(), 1);
    QVERIFY(screen.text("browser.origin").contains(QStringLiteral("Cut short")));
    QVERIFY(screen.isVisible("browser.message"));
    QVERIFY(screen.databases()->rowCount() > 0);
}

void BrowserPageTest::notThere()
{
    Screen screen;
    QSignalSpy failed(&screen.page, &BrowserPage::openFailed);
    screen.page.open(QStringLiteral("/nowhere/backup.tgz"));
    QVERIFY(failed.wait());
    QVERIFY(screen.isVisible("browser.failure"));
    QVERIFY(screen.text("browser.failure").contains(QStringLiteral("/nowhere/backup.tgz")));
    QVERIFY(screen.isVisible("browser.openAnother"));
}

void BrowserPageTest::openingCanBeCancelled()
{
    Screen screen;
    QSignalSpy opened(&screen.page, &BrowserPage::opened);
    screen.page.open(uitesting::predecessorArchive());
    QVERIFY(screen.isVisible("browser.opening"));
    QVERIFY(screen.isVisible("browser.openingBar"));
    screen.find<QPushButton>("browser.cancelOpening")->click();
    QVERIFY(screen.isVisible("browser.empty"));
    QVERIFY(screen.open(m_archive->path()));
    QCOMPARE(opened.count(), 1);
}

void BrowserPageTest::aFileCanBeDropped()
{
    Screen screen;
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(m_archive->path())});
    QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&screen.page, &enter);
    QVERIFY(enter.isAccepted());
    QSignalSpy opened(&screen.page, &BrowserPage::opened);
    QDropEvent drop(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&screen.page, &drop);
    QVERIFY(opened.wait());

    data.setUrls({QUrl(QStringLiteral("https://elsewhere.example/backup.tgz"))});
    QDragEnterEvent remote(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    remote.ignore();
    QCoreApplication::sendEvent(&screen.page, &remote);
    QVERIFY(!remote.isAccepted());
}

void BrowserPageTest::anotherArchiveInItsPlace()
{
    Screen screen;
    QVERIFY(screen.open(m_archive->path()));
    QVERIFY(screen.openDatabase("org_acme"));
    QVERIFY(screen.showDocument(QStringLiteral("plan:7")));
    QVERIFY(screen.open(uitesting::predecessorArchive()));
    QVERIFY(!screen.ids().contains(QStringLiteral("plan:7")));
    QVERIFY(!screen.body().contains(QStringLiteral("Evacuation")));
}

QTEST_MAIN(BrowserPageTest)

#include "browserpage_test.moc"
