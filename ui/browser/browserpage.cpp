#include "ui/browser/browserpage.h"

#include "core/base/text.h"
#include "ui/browser/databasemodel.h"
#include "ui/browser/documentmodel.h"
#include "ui/browser/documentpane.h"

#include <QComboBox>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMimeData>
#include <QProgressBar>
#include <QScrollBar>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>

#include <chrono>

namespace browser {

using namespace std::chrono_literals;

BrowserPage::BrowserPage(QWidget *parent)
    : QWidget(parent)
    , m_databases(new DatabaseModel(this))
    , m_documents(new DocumentModel(this))
{
    setObjectName(QStringLiteral("browser"));
    setAcceptDrops(true);
    m_typing.setSingleShot(true);
    m_typing.setInterval(150ms);
    m_extractTimer.setInterval(200ms);
    connect(&m_typing, &QTimer::timeout, this, &BrowserPage::applyFilter);
    connect(&m_extractTimer, &QTimer::timeout, this, &BrowserPage::showExtractProgress);
    buildStates();
}

BrowserPage::~BrowserPage() = default;

void BrowserPage::say(const QString &sentence)
{
    m_message->setVisible(!sentence.isEmpty());
    m_message->setText(sentence.isEmpty() ? QString() : QStringLiteral("▲ ") + sentence);
}

// --- opening -----------------------------------------------------------------------------------

void BrowserPage::open(const QString &path)
{
    close();
    m_path = path;
    m_openingText->setText(tr("Opening %1…").arg(QFileInfo(path).fileName()));
    m_openingBar->setRange(0, 0);
    m_states->setCurrentIndex(Opening);
    m_background.start(
        m_openTask,
        [this, path](const std::stop_token &stop, const Background::Post &post) {
            const base::fs::path file = base::fromUtf8(path.toStdString());
            std::error_code none;
            const std::uint64_t size = base::fs::file_size(file, none);
            int shown = -1;
            return OpenArchive::open(file, [&, this](std::uint64_t bytes) -> base::Status {
                if (stop.stop_requested())
                    return base::Error{base::ErrorKind::Cancelled, base::text("Stopped.")};
                const int percent = none || size == 0 ? -1 : static_cast<int>(bytes * 100 / size);
                if (percent > shown) {
                    shown = percent;
                    post([this, percent] {
                        m_openingBar->setRange(0, 100);
                        m_openingBar->setValue(percent);
                    });
                }
                return {};
            });
        },
        [this, path](base::Result<std::shared_ptr<const OpenArchive>> archive) {
            takeArchive(path, std::move(archive));
        });
}

void BrowserPage::close()
{
    for (Background::Task *task : {&m_openTask, &m_countTask, &m_listTask, &m_bodiesTask,
                                   &m_filterTask, &m_searchTask, &m_extractTask, &m_saveTask})
        task->stop();
    m_path.clear();
    m_archive.reset();
    m_extractTimer.stop();
    m_document->clear();
    m_databases->setEntries({});
    m_documents->clear();
    m_database = {};
    say({});
    m_states->setCurrentIndex(Empty);
}

void BrowserPage::takeArchive(const QString &path,
                              base::Result<std::shared_ptr<const OpenArchive>> archive)
{
    if (!archive) {
        m_failure->setText(archive.error().message);
        m_states->setCurrentIndex(Failed);
        emit openFailed(path, archive.error().message);
        return;
    }
    m_archive = std::move(*archive);
    m_databases->setEntries(databasesOf(*m_archive));
    describeArchive();
    m_states->setCurrentIndex(Content);
    if (m_databases->rowCount() > 0)
        m_databaseView->selectRow(0);
    if (!m_wantedDatabase.empty())
        selectDatabase(m_wantedDatabase);
    countUncounted();
    emit opened(path);
}

void BrowserPage::describeArchive()
{
    const backup::ArchiveView &view = m_archive->view();
    m_title->setText(QFileInfo(m_path).fileName());
    QString origin;
    switch (view.reader().origin()) {
    case archive::Origin::Ours:
        origin = view.manifest() && !view.manifest()->isComplete()
            ? tr("▲ Incomplete backup of this program: some of the source is not in it.")
            : tr("● Complete backup of this program.");
        break;
    case archive::Origin::CutShort:
        origin = tr("✖ Cut short: a backup of this program whose end is missing. What is whole "
                    "can be read.");
        break;
    case archive::Origin::Predecessor:
        origin = tr("◌ Backup of the predecessor: whether it is complete cannot be proven.");
        break;
    case archive::Origin::Foreign:
        origin = tr("◌ Not made by this program: whether it is complete cannot be proven.");
        break;
    }
    m_origin->setText(origin + QLatin1Char(' ') + tr("Read-only."));
    QStringList losses;
    constexpr qsizetype most = 5;
    for (const archive::Finding &finding : view.losses()) {
        if (losses.size() == most) {
            losses += tr("There is more; verify the backup to see all of it.");
            break;
        }
        losses += finding.message;
    }
    if (view.manifest()) {
        for (const archive::Omission &omission : view.manifest()->omissions)
            losses += base::printable(omission.message, 1000);
    }
    say(losses.join(QLatin1Char('\n')));
}

void BrowserPage::countUncounted()
{
    std::vector<DatabaseEntry> wanted;
    for (const DatabaseEntry &entry : m_databases->entries()) {
        if (!entry.isCounted && !entry.directory.empty())
            wanted.push_back(entry);
    }
    if (wanted.empty())
        return;
    m_background.start(
        m_countTask,
        [this, archive = m_archive, wanted](const std::stop_token &stop,
                                            const Background::Post &post) {
            for (const DatabaseEntry &entry : wanted) {
                if (stop.stop_requested())
                    break;
                post([this, counted = countDatabase(*archive, entry, stop)] {
                    m_databases->update(counted);
                });
            }
            return 0;
        },
        [](int) {});
}

// --- databases and documents -------------------------------------------------------------------

void BrowserPage::selectDatabase(const std::string &name)
{
    m_wantedDatabase = name;
    for (int row = 0; row < m_databases->rowCount(); ++row) {
        if (m_databases->entry(row).name != name)
            continue;
        m_wantedDatabase.clear();
        m_databaseView->selectRow(row);
        return;
    }
}

void BrowserPage::selectDocument(const std::string &id)
{
    if (m_archive && !m_database.directory.empty())
        m_document->show(m_archive, m_database, id);
}

void BrowserPage::showDatabase(int row)
{
    for (Background::Task *task : {&m_listTask, &m_bodiesTask, &m_filterTask, &m_searchTask})
        task->stop();
    m_document->clear();
    m_documents->clear();
    m_found.reset();
    m_query->clear();
    for (QToolButton *chip : {m_onlyDeleted, m_onlyConflicted, m_onlyWithAttachments}) {
        const QSignalBlocker quiet(chip);
        chip->setChecked(false);
    }
    m_onlyWithAttachments->setEnabled(false);
    m_typing.stop();
    m_database = m_databases->entry(row);
    if (m_database.directory.empty()) {
        m_status->setText(tr("The backup holds nothing of this database."));
        return;
    }
    m_background.start(
        m_listTask,
        [this, archive = m_archive, directory = m_database.directory](
            const std::stop_token &stop, const Background::Post &post) {
            return listDocuments(
                *archive, directory, stop, [&](std::shared_ptr<const DocumentBatch> batch) {
                    post([this, batch] {
                        const bool isFirst = m_documents->rowCount() == 0;
                        m_documents->add(batch);
                        if (isFirst)
                            m_documentView->resizeColumnToContents(DocumentModel::Revision);
                        updateStatus();
                    });
                });
        },
        [this](const base::Status &listed) {
            const QString problem = listed ? QString() : listed.error().message;
            if (!listed)
                say(tr("%1: %2").arg(base::printable(m_database.name), problem));
            updateStatus();
            readBodies();
            emit documentsListed(problem);
        });
    updateStatus();
}

void BrowserPage::readBodies()
{
    m_background.start(
        m_bodiesTask,
        [archive = m_archive, directory = m_database.directory](const std::stop_token &stop,
                                                                const Background::Post &) {
            return readBodyFacts(*archive, directory, stop);
        },
        [this](base::Result<std::shared_ptr<const std::vector<BodyFacts>>> facts) {
            if (!facts)
                return; // opening a document says what is wrong with it
            m_documents->setBodies(std::move(*facts));
            m_onlyWithAttachments->setEnabled(true);
            updateStatus();
        });
}

void BrowserPage::updateStatus()
{
    const QLocale locale;
    const QString all = locale.toString(static_cast<qulonglong>(m_documents->table().size()));
    QString text;
    if (m_searchTask.isRunning())
        text = tr("Searching…");
    else if (m_extractTask.isRunning())
        text = tr("Extracting…");
    else if (m_listTask.isRunning())
        text = tr("Reading… %1 documents so far").arg(all);
    else if (m_documents->filter().isOff())
        text = tr("%1 documents, tombstones included").arg(all);
    else
        text = tr("%1 of %2 documents").arg(locale.toString(m_documents->rowCount()), all);
    m_status->setText(text);
    m_cancel->setVisible(m_searchTask.isRunning() || m_extractTask.isRunning());
}

void BrowserPage::applyFilter()
{
    DocumentFilter filter;
    const int mode = m_mode->currentIndex();
    if (mode < 2) {
        filter.text = m_query->text().toStdString();
        filter.match =
            mode == 1 ? DocumentFilter::Match::BeginsWith : DocumentFilter::Match::Contains;
    } else {
        filter.found = m_found;
    }
    filter.onlyDeleted = m_onlyDeleted->isChecked();
    filter.onlyConflicted = m_onlyConflicted->isChecked();
    filter.onlyWithAttachments = m_onlyWithAttachments->isChecked();
    m_background.start(
        m_filterTask,
        [table = m_documents->table(), filter](const std::stop_token &, const Background::Post &) {
            return std::pair(filterRows(table, filter), table.size());
        },
        [this, filter](std::pair<std::vector<std::uint32_t>, size_t> rows) {
            m_documents->setFilter(filter, std::move(rows.first), rows.second);
            updateStatus();
        });
}

void BrowserPage::searchField()
{
    const auto query = FieldQuery::parse(m_query->text().toStdString());
    if (!query) {
        m_status->setText(query.error().message);
        return;
    }
    if (m_database.directory.empty())
        return;
    m_background.start(
        m_searchTask,
        [this, archive = m_archive, directory = m_database.directory,
         query = *query](const std::stop_token &stop, const Background::Post &post) {
            return searchBodies(*archive, directory, query, stop, [&](std::uint64_t bodies) {
                post([this, bodies] {
                    m_status->setText(
                        tr("Searching… %1 bodies read")
                            .arg(QLocale().toString(static_cast<qulonglong>(bodies))));
                });
            });
        },
        [this](base::Result<std::shared_ptr<const std::vector<std::uint64_t>>> found) {
            if (found) {
                m_found = std::move(*found);
                applyFilter();
            } else {
                say(found.error().message);
            }
            updateStatus();
            emit searchFinished();
        });
    updateStatus();
}

// --- files -------------------------------------------------------------------------------------

void BrowserPage::extract(Scope scope, const QString &folder)
{
    if (!m_archive)
        return;
    std::optional<std::string> database;
    std::optional<std::string> id;
    if (scope != Scope::Archive)
        database = m_database.name;
    if (scope == Scope::Document && m_documentView->currentIndex().isValid())
        id = m_documents->idOf(m_documentView->currentIndex().row());
    m_extractProgress = std::make_shared<backup::Progress>();
    m_background.start(
        m_extractTask,
        [archive = m_archive, database, id, folder,
         progress = m_extractProgress](const std::stop_token &stop, const Background::Post &) {
            const backup::ExtractRequest request{archive->view(),
                                                 base::toUtf8(archive->path().filename()),
                                                 database,
                                                 id,
                                                 base::fromUtf8(folder.toStdString()),
                                                 stop};
            return backup::extract(request, *progress);
        },
        [this, folder](const base::Result<backup::ExtractReport> &report) {
            takeReport(folder, report);
        });
    m_extractTimer.start();
    updateStatus();
}

void BrowserPage::showExtractProgress()
{
    m_status->setText(tr("Extracting… %1 documents")
                          .arg(QLocale().toString(
                              static_cast<qulonglong>(m_extractProgress->documentsDone.load()))));
}

void BrowserPage::takeReport(const QString &folder,
                             const base::Result<backup::ExtractReport> &report)
{
    m_extractTimer.stop();
    updateStatus();
    QString problem;
    if (!report)
        problem = report.error().message;
    else if (!report->problems.empty())
        problem = tr("Not everything could be extracted: %1").arg(report->problems.front().message);
    say(problem);
    if (report)
        m_status->setText(tr("%1 documents and %2 attachments are in %3.")
                              .arg(QLocale().toString(static_cast<qulonglong>(report->documents)),
                                   QLocale().toString(static_cast<qulonglong>(report->attachments)),
                                   folder));
    emit extracted(folder, problem);
}

void BrowserPage::saveBytes(const QByteArray &bytes, const QString &name)
{
    auto *dialog = new QFileDialog(this, tr("Save"), name);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    connect(dialog, &QFileDialog::fileSelected, this, [this, bytes](const QString &path) {
        m_background.start(
            m_saveTask,
            [bytes, path](const std::stop_token &, const Background::Post &) {
                return base::writeFileAtomically(
                    base::fromUtf8(path.toStdString()),
                    std::string_view(bytes.data(), static_cast<size_t>(bytes.size())));
            },
            [this](const base::Status &saved) { say(saved ? QString() : saved.error().message); });
    });
    dialog->open();
}

void BrowserPage::saveAttachment(const std::string &directory, const Attachment &attachment)
{
    // Only the last part: a name may hold slashes, or climb.
    auto *dialog = new QFileDialog(this, tr("Save attachment"),
                                   QFileInfo(base::printable(attachment.name, 200)).fileName());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, directory, digest = attachment.digest](const QString &path) {
                m_background.start(
                    m_saveTask,
                    [archive = m_archive, directory, digest, path](const std::stop_token &stop,
                                                                   const Background::Post &) {
                        return browser::saveAttachment(*archive, directory, digest,
                                                       base::fromUtf8(path.toStdString()), stop);
                    },
                    [this](const base::Status &saved) {
                        say(saved ? QString() : saved.error().message);
                    });
            });
    dialog->open();
}

void BrowserPage::chooseFile()
{
    auto *dialog = new QFileDialog(this, tr("Open a backup"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilters(
        {tr("Backups (*.tgz *.tar.gz *.tar *.tar.xz *.tar.zst *.zip)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::fileSelected, this, &BrowserPage::open);
    dialog->open();
}

void BrowserPage::chooseFolder(Scope scope)
{
    auto *dialog = new QFileDialog(this, tr("Extract into an empty folder"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, scope](const QString &folder) { extract(scope, folder); });
    dialog->open();
}

void BrowserPage::dragEnterEvent(QDragEnterEvent *event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    if (urls.size() == 1 && urls.first().isLocalFile())
        event->acceptProposedAction();
}

void BrowserPage::dropEvent(QDropEvent *event)
{
    event->acceptProposedAction();
    open(event->mimeData()->urls().first().toLocalFile());
}

} // namespace browser
