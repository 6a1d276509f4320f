#include "ui/browser/documentpane.h"

#include "core/base/indentjson.h"
#include "core/base/text.h"
#include "ui/browser/attachmentpanel.h"
#include "ui/browser/bodytext.h"
#include "ui/browser/linediff.h"
#include "ui/browser/revisiondrawing.h"
#include "ui/browser/revisionpanel.h"
#include "ui/browser/revisionview.h"
#include "ui/browser/textpane.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace browser {

namespace {

QString revisionText(const store::Metadata &metadata, std::int32_t node)
{
    const store::RevTree::Node &it = metadata.tree.nodes()[static_cast<size_t>(node)];
    RevisionItem item;
    item.isLeaf = it.firstChild < 0;
    item.isWinner = node == metadata.tree.winner();
    item.isDeleted = it.deleted;
    const QString word = stateWord(item);
    const QString rev = shortRevision(metadata.tree, node);
    return word.isEmpty() ? rev : DocumentPane::tr("%1, %2").arg(rev, word);
}

/// Those that have a body: the winner, then the other leaves, then ancestors.
std::vector<std::int32_t> storedRevisions(const store::Metadata &metadata)
{
    std::vector<std::int32_t> nodes;
    for (const auto &[rev, seq] : metadata.seqOf) {
        const std::int32_t node = metadata.tree.find(rev);
        if (node >= 0)
            nodes.push_back(node);
    }
    const auto rank = [&](std::int32_t node) {
        if (node == metadata.tree.winner())
            return 0;
        const auto &it = metadata.tree.nodes()[static_cast<size_t>(node)];
        if (it.firstChild >= 0)
            return 3;
        return it.deleted ? 2 : 1;
    };
    std::stable_sort(nodes.begin(), nodes.end(),
                     [&](std::int32_t a, std::int32_t b) { return rank(a) < rank(b); });
    return nodes;
}

/// A combo box that shows revisions; the data of an entry is its place in storedRevisions().
void fill(QComboBox &box, const store::Metadata &metadata, const std::vector<std::int32_t> &nodes)
{
    const QSignalBlocker quiet(box);
    box.clear();
    for (const std::int32_t node : nodes)
        box.addItem(revisionText(metadata, node), node);
}

} // namespace

DocumentPane::DocumentPane(Background &background, QWidget *parent)
    : QWidget(parent)
    , m_background(background)
    , m_title(new QLabel(this))
    , m_problem(new QLabel(this))
    , m_revision(new QComboBox(this))
    , m_reveal(new QToolButton(this))
    , m_tabs(new QTabWidget(this))
    , m_text(new TextPane(this))
    , m_raw(new QToolButton(this))
    , m_revisions(new RevisionPanel(this))
    , m_attachments(new AttachmentPanel(this))
    , m_compare(new QWidget(this))
    , m_left(new QComboBox(this))
    , m_right(new QComboBox(this))
    , m_difference(new TextPane(this))
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 6, 0, 0);
    buildHeader(column);
    column->addWidget(m_problem);
    column->addWidget(m_tabs, 1);
    buildTabs();

    connect(m_revision, &QComboBox::activated, this, [this] {
        if (m_metadata)
            showRevision(m_metadata->tree.revOf(m_revision->currentData().toInt()));
    });
    connect(m_reveal, &QToolButton::toggled, this, [this] {
        showBody();
        compare();
    });
    connect(m_raw, &QToolButton::toggled, this, &DocumentPane::showBody);
    connect(m_revisions, &RevisionPanel::revisionActivated, this, [this](const store::RevId &rev) {
        showRevision(rev);
        showTab(Body);
    });
    connect(m_revisions, &RevisionPanel::exportRequested, this,
            [this](const QByteArray &bytes, const QString &suffix) {
                emit saveBytesRequested(bytes, QStringLiteral("revisions.") + suffix);
            });
    connect(m_attachments, &AttachmentPanel::previewWanted, this, &DocumentPane::showPreview);
    connect(m_attachments, &AttachmentPanel::saveWanted, this, [this](const Attachment &it) {
        emit saveAttachmentRequested(m_database.directory, it);
    });
    connect(m_left, &QComboBox::activated, this, &DocumentPane::compare);
    connect(m_right, &QComboBox::activated, this, &DocumentPane::compare);
    clear();
}

void DocumentPane::buildHeader(QVBoxLayout *column)
{
    m_title->setObjectName(QStringLiteral("document.title"));
    m_title->setTextFormat(Qt::PlainText);
    m_title->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_title->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    QFont bold = m_title->font();
    bold.setBold(true);
    m_title->setFont(bold);
    m_problem->setObjectName(QStringLiteral("document.problem"));
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    m_revision->setObjectName(QStringLiteral("document.revision"));
    m_revision->setAccessibleName(tr("Revision"));
    m_revision->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_reveal->setObjectName(QStringLiteral("document.reveal"));
    m_reveal->setText(tr("Reveal secrets"));
    m_reveal->setToolTip(tr("Password hashes and salts are shown as dots until then."));
    m_reveal->setCheckable(true);
    auto *row = new QHBoxLayout;
    row->addWidget(m_title, 1);
    row->addWidget(m_reveal);
    auto *label = new QLabel(tr("Re&vision:"), this);
    label->setBuddy(m_revision);
    row->addWidget(label);
    row->addWidget(m_revision);
    column->addLayout(row);
}

void DocumentPane::buildTabs()
{
    m_tabs->setObjectName(QStringLiteral("document.tabs"));
    m_tabs->setDocumentMode(true);
    m_text->setObjectName(QStringLiteral("document.body"));
    m_raw->setText(tr("As stored"));
    m_raw->setToolTip(tr("The bytes as the backup has them, without line breaks and indentation."));
    m_raw->setCheckable(true);
    m_raw->setObjectName(QStringLiteral("document.raw"));
    m_text->addTool(m_raw);
    m_tabs->addTab(m_text, tr("Body"));
    m_tabs->addTab(m_revisions, tr("Revision tree"));
    m_tabs->addTab(m_attachments, tr("Attachments"));

    m_left->setObjectName(QStringLiteral("compare.left"));
    m_left->setAccessibleName(tr("First revision"));
    m_left->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_right->setObjectName(QStringLiteral("compare.right"));
    m_right->setAccessibleName(tr("Second revision"));
    m_right->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_difference->setObjectName(QStringLiteral("compare.difference"));
    m_difference->setWrapped(false);
    m_difference->addTool(m_left);
    m_difference->addTool(new QLabel(tr("with"), m_compare));
    m_difference->addTool(m_right);
    auto *column = new QVBoxLayout(m_compare);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_difference);
    m_tabs->addTab(m_compare, tr("Compare"));
}

void DocumentPane::showTab(Tab tab)
{
    m_tabs->setCurrentIndex(tab);
}

void DocumentPane::complain(const QString &sentence)
{
    m_problem->setVisible(!sentence.isEmpty());
    m_problem->setText(sentence.isEmpty() ? QString() : QStringLiteral("▲ ") + sentence);
}

void DocumentPane::clear()
{
    for (Background::Task *task :
         {&m_metadataTask, &m_bodyTask, &m_textTask, &m_previewTask, &m_compareTask})
        task->stop();
    m_metadata.reset();
    m_body.reset();
    m_id.clear();
    m_title->setText(tr("No document chosen"));
    complain({});
    m_revision->clear();
    m_revision->setEnabled(false);
    m_reveal->setChecked(false);
    m_reveal->hide();
    m_text->setPlaceholder(tr("Choose a document above to see its body."));
    m_revisions->setTree({});
    m_attachments->setAttachments({});
    m_tabs->setTabText(Attachments, tr("Attachments"));
    m_difference->setPlaceholder({});
    m_tabs->setEnabled(false);
}

void DocumentPane::show(std::shared_ptr<const OpenArchive> archive, const DatabaseEntry &database,
                        const std::string &id)
{
    const bool wasRevealed = m_reveal->isChecked() && m_database.name == database.name;
    clear();
    m_archive = std::move(archive);
    m_database = database;
    m_id = id;
    m_title->setText(base::printable(id, 500));
    m_title->setToolTip(base::printable(id, 500).toHtmlEscaped());
    m_tabs->setEnabled(true);
    m_text->setPlaceholder(tr("Reading…"));
    m_reveal->setVisible(holdsSecrets(database.name));
    m_reveal->setChecked(wasRevealed);
    m_background.start(
        m_metadataTask,
        [archive = m_archive, directory = database.directory, id](const std::stop_token &,
                                                                  const Background::Post &) {
            return readMetadata(*archive, directory, id);
        },
        [this](base::Result<store::Metadata> metadata) { takeMetadata(std::move(metadata)); });
}

void DocumentPane::takeMetadata(base::Result<store::Metadata> metadata)
{
    if (!metadata) {
        complain(metadata.error().message);
        m_text->setPlaceholder({});
        emit shown();
        return;
    }
    m_metadata = std::make_shared<const store::Metadata>(std::move(*metadata));
    m_revisions->setTree(m_metadata->tree);
    fillRevisions();
    showRevision(m_metadata->winner());
}

void DocumentPane::fillRevisions()
{
    const std::vector<std::int32_t> nodes = storedRevisions(*m_metadata);
    fill(*m_revision, *m_metadata, nodes);
    fill(*m_left, *m_metadata, nodes);
    fill(*m_right, *m_metadata, nodes);
    m_revision->setEnabled(nodes.size() > 1);
    if (nodes.size() > 1)
        m_right->setCurrentIndex(1);
    m_tabs->setTabEnabled(Compare, nodes.size() > 1);
    m_tabs->setTabToolTip(Compare,
                          nodes.size() > 1 ? QString()
                                           : tr("Only one revision of this document has a body."));
    compare();
}

void DocumentPane::showRevision(const store::RevId &rev)
{
    if (!m_metadata)
        return;
    const int row = m_revision->findData(m_metadata->tree.find(rev));
    if (row >= 0)
        m_revision->setCurrentIndex(row);
    m_background.start(
        m_bodyTask,
        [archive = m_archive, directory = m_database.directory, metadata = m_metadata,
         rev](const std::stop_token &, const Background::Post &) {
            return readBody(*archive, directory, *metadata, rev);
        },
        [this](base::Result<RevisionBody> body) { takeBody(std::move(body)); });
}

void DocumentPane::takeBody(base::Result<RevisionBody> body)
{
    if (!body) {
        complain(body.error().message);
        m_body.reset();
        m_text->setPlaceholder(body.error().message);
        m_attachments->setAttachments({});
        m_tabs->setTabText(Attachments, tr("Attachments"));
        emit shown();
        return;
    }
    complain({});
    m_body = std::make_shared<const RevisionBody>(std::move(*body));
    showBody();
    m_attachments->setAttachments(m_body->attachments);
    m_tabs->setTabText(Attachments,
                       m_body->attachments.empty()
                           ? tr("Attachments")
                           : tr("Attachments (%1)").arg(m_body->attachments.size()));
}

bool DocumentPane::isMasked() const
{
    return holdsSecrets(m_database.name) && !m_reveal->isChecked();
}

void DocumentPane::showBody()
{
    if (!m_body)
        return;
    m_background.start(
        m_textTask,
        [body = m_body, isRaw = m_raw->isChecked(), masks = isMasked()](const std::stop_token &,
                                                                        const Background::Post &) {
            return prepareBody(body->text, isRaw, masks);
        },
        [this](PreparedText text) {
            m_text->setText(std::move(text));
            emit shown();
        });
}

void DocumentPane::showPreview(const Attachment &attachment)
{
    m_background.start(
        m_previewTask,
        [archive = m_archive, directory = m_database.directory,
         attachment](const std::stop_token &, const Background::Post &) -> Preview {
            const auto bytes =
                readAttachment(*archive, directory, attachment.digest, kPreviewLimitBytes);
            if (!bytes)
                return {{}, {}, bytes.error().message};
            return previewOf(attachment, *bytes);
        },
        [this](const Preview &preview) { m_attachments->showPreview(preview); });
}

void DocumentPane::compare()
{
    m_compareTask.stop();
    if (!m_metadata || m_left->count() < 2) {
        m_difference->setPlaceholder({});
        return;
    }
    const store::RevId left = m_metadata->tree.revOf(m_left->currentData().toInt());
    const store::RevId right = m_metadata->tree.revOf(m_right->currentData().toInt());
    m_background.start(
        m_compareTask,
        [archive = m_archive, directory = m_database.directory, metadata = m_metadata, left, right,
         masks = isMasked()](const std::stop_token &,
                             const Background::Post &) -> base::Result<PreparedText> {
            const auto before = readBody(*archive, directory, *metadata, left);
            if (!before)
                return before.error();
            const auto after = readBody(*archive, directory, *metadata, right);
            if (!after)
                return after.error();
            const auto lines = [masks](const std::string &body) {
                return base::indentJson(masks ? maskSecrets(body) : body);
            };
            return prepareText(textOf(diffLines(lines(before->text), lines(after->text))));
        },
        [this](base::Result<PreparedText> text) {
            if (text)
                m_difference->setDifference(std::move(*text));
            else
                m_difference->setPlaceholder(text.error().message);
        });
}

} // namespace browser
