#pragma once

#include "ui/browser/background.h"
#include "ui/browser/reading.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;
class QTabWidget;
class QToolButton;
class QVBoxLayout;

namespace browser {

class AttachmentPanel;
class RevisionPanel;
class TextPane;

/// One document: its revisions, and of the chosen one body and attachments; two of them compared.
/// Everything is read in the background.
class DocumentPane : public QWidget
{
    Q_OBJECT

public:
    enum Tab { Body, Tree, Attachments, Compare };

    explicit DocumentPane(Background &background, QWidget *parent = nullptr);

    void clear();
    void show(std::shared_ptr<const OpenArchive> archive, const DatabaseEntry &database,
              const std::string &id);
    void showTab(Tab tab);
    [[nodiscard]] RevisionPanel *revisions() const { return m_revisions; }

signals:
    /// What was asked for is on the screen, or why it is not.
    void shown();
    /// Bytes that the operator wants in a file; `name` is a proposal.
    void saveBytesRequested(const QByteArray &bytes, const QString &name);
    void saveAttachmentRequested(const std::string &directory,
                                 const browser::Attachment &attachment);

private:
    void buildHeader(QVBoxLayout *column);
    void buildTabs();
    void takeMetadata(base::Result<store::Metadata> metadata);
    void fillRevisions();
    void showRevision(const store::RevId &rev);
    void takeBody(base::Result<RevisionBody> body);
    void showBody();
    void showPreview(const Attachment &attachment);
    void compare();
    void complain(const QString &sentence);
    [[nodiscard]] bool isMasked() const;

    Background &m_background;
    Background::Task m_metadataTask, m_bodyTask, m_textTask, m_previewTask, m_compareTask;
    std::shared_ptr<const OpenArchive> m_archive;
    DatabaseEntry m_database;
    std::string m_id;
    std::shared_ptr<const store::Metadata> m_metadata;
    std::shared_ptr<const RevisionBody> m_body;

    QLabel *m_title;
    QLabel *m_problem;
    QComboBox *m_revision;
    QToolButton *m_reveal;
    QTabWidget *m_tabs;
    TextPane *m_text;
    QToolButton *m_raw;
    RevisionPanel *m_revisions;
    AttachmentPanel *m_attachments;
    QWidget *m_compare;
    QComboBox *m_left;
    QComboBox *m_right;
    TextPane *m_difference;
};

} // namespace browser
