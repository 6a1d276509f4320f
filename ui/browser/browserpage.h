#pragma once

#include "ui/browser/background.h"
#include "ui/browser/reading.h"

#include "core/backup/extract.h"

#include <QTimer>
#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QModelIndex;
class QProgressBar;
class QPushButton;
class QSplitter;
class QStackedWidget;
class QTableView;
class QToolButton;

namespace browser {

class DatabaseModel;
class DocumentModel;
class DocumentPane;

/// Looks into any backup: databases, documents, revisions. Reads in threads of its own; the screen
/// never waits for the disk. A file can be dropped on it.
class BrowserPage : public QWidget
{
    Q_OBJECT

public:
    explicit BrowserPage(QWidget *parent = nullptr);
    ~BrowserPage() override;

    /// Opens an archive, ours or another's, or a folder of database directories, in the place of
    /// what is open.
    void open(const QString &path);
    void close();
    [[nodiscard]] QString path() const { return m_path; }
    /// Also while its documents are not there yet.
    void selectDatabase(const std::string &name);
    void selectDocument(const std::string &id);
    [[nodiscard]] DocumentPane *document() const { return m_document; }

    enum class Scope { Archive, Database, Document };
    /// Takes bodies and attachments out into a folder that is empty or not there yet.
    void extract(Scope scope, const QString &folder);

signals:
    void opened(const QString &path);
    void openFailed(const QString &path, const QString &message);
    /// All that the list of documents can show has been read.
    void documentsListed(const QString &problem);
    void searchFinished();
    void extracted(const QString &folder, const QString &problem);

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    enum State { Empty, Opening, Failed, Content };

    void buildStates();
    [[nodiscard]] QWidget *buildContent();
    [[nodiscard]] QWidget *buildHeader();
    [[nodiscard]] QWidget *buildDocuments();
    [[nodiscard]] QWidget *buildFilter();
    void buildFilterConnections();
    void chooseFile();
    void chooseFolder(Scope scope);
    void takeArchive(const QString &path, base::Result<std::shared_ptr<const OpenArchive>> archive);
    void describeArchive();
    void countUncounted();
    void showDatabase(int row);
    void readBodies();
    void applyFilter();
    void searchField();
    void updateStatus();
    void say(const QString &sentence);
    void showExtractProgress();
    void takeReport(const QString &folder, const base::Result<backup::ExtractReport> &report);
    void saveBytes(const QByteArray &bytes, const QString &name);
    void saveAttachment(const std::string &directory, const Attachment &attachment);

    Background m_background;
    Background::Task m_openTask, m_countTask, m_listTask, m_bodiesTask, m_filterTask, m_searchTask,
        m_extractTask, m_saveTask;
    QString m_path;
    std::shared_ptr<const OpenArchive> m_archive;
    DatabaseEntry m_database;
    std::string m_wantedDatabase;
    std::shared_ptr<const std::vector<std::uint64_t>> m_found;
    std::shared_ptr<backup::Progress> m_extractProgress;
    QTimer m_typing;
    QTimer m_extractTimer;

    DatabaseModel *m_databases;
    DocumentModel *m_documents;
    QStackedWidget *m_states;
    QLabel *m_openingText;
    QProgressBar *m_openingBar;
    QLabel *m_failure;
    QLabel *m_title;
    QLabel *m_origin;
    QLabel *m_message;
    QTableView *m_databaseView;
    QTableView *m_documentView;
    QComboBox *m_mode;
    QLineEdit *m_query;
    QToolButton *m_onlyDeleted;
    QToolButton *m_onlyConflicted;
    QToolButton *m_onlyWithAttachments;
    QLabel *m_status;
    QToolButton *m_cancel;
    DocumentPane *m_document;
};

} // namespace browser
