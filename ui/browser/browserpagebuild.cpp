// How the page is put together; what it does is in browserpage.cpp.
#include "ui/browser/browserpage.h"
#include "ui/browser/databasemodel.h"
#include "ui/browser/documentmodel.h"
#include "ui/browser/documentpane.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace browser {

namespace {

QLabel *plainLabel(QWidget *parent, const char *name)
{
    auto *label = new QLabel(parent);
    label->setObjectName(QString::fromLatin1(name));
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    return label;
}

QTableView *makeTable(QWidget *parent, const char *name, const QString &accessibleName,
                      QAbstractItemModel *model)
{
    auto *view = new QTableView(parent);
    view->setObjectName(QString::fromLatin1(name));
    view->setAccessibleName(accessibleName);
    view->setModel(model);
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setSelectionMode(QAbstractItemView::SingleSelection);
    view->setShowGrid(false);
    view->setWordWrap(false);
    view->setTabKeyNavigation(false);
    view->verticalHeader()->hide();
    view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    view->verticalHeader()->setDefaultSectionSize(view->fontMetrics().height() + 8);
    view->horizontalHeader()->setHighlightSections(false);
    return view;
}

/// Sentence and buttons in the middle of an empty page.
QWidget *centred(QWidget *parent, const QList<QWidget *> &widgets)
{
    auto *page = new QWidget(parent);
    auto *column = new QVBoxLayout(page);
    column->addStretch(2);
    for (QWidget *widget : widgets) {
        if (auto *label = qobject_cast<QLabel *>(widget)) {
            label->setAlignment(Qt::AlignCenter);
            column->addWidget(label);
        } else {
            column->addWidget(widget, 0, Qt::AlignHCenter);
        }
    }
    column->addStretch(3);
    return page;
}

QPushButton *makeButton(QWidget *parent, const QString &text, const char *name)
{
    auto *button = new QPushButton(text, parent);
    button->setObjectName(QString::fromLatin1(name));
    return button;
}

} // namespace

void BrowserPage::buildStates()
{
    m_states = new QStackedWidget(this);
    m_states->setObjectName(QStringLiteral("browser.states"));
    auto *column = new QVBoxLayout(this);
    column->addWidget(m_states);

    auto *emptyText = plainLabel(this, "browser.empty");
    emptyText->setText(tr("No backup is open. Open one, or drop a file here: backups of this "
                          "program and of its predecessor, tar and zip archives."));
    auto *openButton = makeButton(this, tr("&Open a backup…"), "browser.openFirst");
    m_states->addWidget(centred(m_states, {emptyText, openButton}));

    m_openingText = plainLabel(this, "browser.opening");
    m_openingBar = new QProgressBar(this);
    m_openingBar->setObjectName(QStringLiteral("browser.openingBar"));
    m_openingBar->setFixedWidth(320);
    auto *cancel = makeButton(this, tr("&Cancel"), "browser.cancelOpening");
    m_states->addWidget(centred(m_states, {m_openingText, m_openingBar, cancel}));

    m_failure = plainLabel(this, "browser.failure");
    auto *again = makeButton(this, tr("&Open another…"), "browser.openAnother");
    m_states->addWidget(centred(m_states, {m_failure, again}));
    m_states->addWidget(buildContent());

    connect(openButton, &QPushButton::clicked, this, &BrowserPage::chooseFile);
    connect(again, &QPushButton::clicked, this, &BrowserPage::chooseFile);
    connect(cancel, &QPushButton::clicked, this, &BrowserPage::close);
}

QWidget *BrowserPage::buildHeader()
{
    auto *header = new QWidget(this);
    m_title = plainLabel(header, "browser.title");
    QFont large = m_title->font();
    large.setPointSizeF(large.pointSizeF() * 1.3);
    large.setBold(true);
    m_title->setFont(large);
    m_origin = plainLabel(header, "browser.origin");
    auto *open = makeButton(header, tr("&Open…"), "browser.open");
    auto *extract = makeButton(header, tr("E&xtract"), "browser.extract");
    auto *menu = new QMenu(extract);
    const auto addScope = [&](const QString &text, Scope scope) {
        menu->addAction(text, this, [this, scope] { chooseFolder(scope); });
    };
    addScope(tr("This document…"), Scope::Document);
    addScope(tr("This database…"), Scope::Database);
    addScope(tr("The whole backup…"), Scope::Archive);
    extract->setMenu(menu);
    connect(open, &QPushButton::clicked, this, &BrowserPage::chooseFile);

    auto *texts = new QVBoxLayout;
    texts->setSpacing(2);
    texts->addWidget(m_title);
    texts->addWidget(m_origin);
    auto *row = new QHBoxLayout(header);
    row->setContentsMargins(0, 0, 0, 0);
    row->addLayout(texts, 1);
    row->addWidget(extract, 0, Qt::AlignTop);
    row->addWidget(open, 0, Qt::AlignTop);
    return header;
}

QWidget *BrowserPage::buildContent()
{
    auto *content = new QWidget(this);
    m_message = plainLabel(content, "browser.message");
    m_databaseView =
        makeTable(content, "browser.databases", tr("Databases of the backup"), m_databases);
    m_document = new DocumentPane(m_background, content);
    m_document->setObjectName(QStringLiteral("browser.document"));

    auto *right = new QSplitter(Qt::Vertical, content);
    right->addWidget(buildDocuments());
    right->addWidget(m_document);
    right->setStretchFactor(0, 2);
    right->setStretchFactor(1, 3);
    right->setChildrenCollapsible(false);
    auto *splitter = new QSplitter(content);
    splitter->setObjectName(QStringLiteral("browser.splitter"));
    splitter->addWidget(m_databaseView);
    splitter->addWidget(right);
    splitter->setStretchFactor(0, 2);
    splitter->setStretchFactor(1, 5);
    splitter->setChildrenCollapsible(false);
    splitter->setSizes({420, 780});
    auto *header = m_databaseView->horizontalHeader();
    header->setSectionResizeMode(QHeaderView::ResizeToContents);
    header->setSectionResizeMode(DatabaseModel::Name, QHeaderView::Stretch);
    header->setMinimumSectionSize(60);

    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(buildHeader());
    column->addWidget(m_message);
    column->addWidget(splitter, 1);

    connect(m_databaseView->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex &current) {
                if (current.isValid())
                    showDatabase(current.row());
            });
    connect(m_documentView->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex &current) {
                if (current.isValid())
                    selectDocument(m_documents->idOf(current.row()));
            });
    connect(m_document, &DocumentPane::saveBytesRequested, this, &BrowserPage::saveBytes);
    connect(m_document, &DocumentPane::saveAttachmentRequested, this, &BrowserPage::saveAttachment);
    return content;
}

QWidget *BrowserPage::buildFilter()
{
    auto *filter = new QWidget(this);
    m_mode = new QComboBox(filter);
    m_mode->setObjectName(QStringLiteral("browser.mode"));
    m_mode->setAccessibleName(tr("Kind of search"));
    m_mode->addItems({tr("Id contains"), tr("Id begins with"), tr("Field")});
    m_query = new QLineEdit(filter);
    m_query->setObjectName(QStringLiteral("browser.query"));
    m_query->setAccessibleName(tr("Search documents"));
    m_query->setClearButtonEnabled(true);
    m_query->setPlaceholderText(tr("Search documents"));
    const auto chip = [&](const QString &text, const char *name) {
        auto *button = new QToolButton(filter);
        button->setText(text);
        button->setObjectName(QString::fromLatin1(name));
        button->setCheckable(true);
        connect(button, &QToolButton::toggled, this, &BrowserPage::applyFilter);
        return button;
    };
    m_onlyDeleted = chip(tr("Deleted"), "browser.onlyDeleted");
    m_onlyConflicted = chip(tr("Conflicted"), "browser.onlyConflicted");
    m_onlyWithAttachments = chip(tr("With attachments"), "browser.onlyWithAttachments");
    auto *row = new QHBoxLayout(filter);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_mode);
    row->addWidget(m_query, 1);
    row->addWidget(m_onlyDeleted);
    row->addWidget(m_onlyConflicted);
    row->addWidget(m_onlyWithAttachments);
    buildFilterConnections();
    return filter;
}

void BrowserPage::buildFilterConnections()
{
    connect(m_mode, &QComboBox::currentIndexChanged, this, [this](int mode) {
        m_query->setPlaceholderText(mode == 2 ? tr("type == \"user\", then Enter")
                                              : tr("Search documents"));
        m_found.reset();
        m_searchTask.stop();
        applyFilter();
    });
    connect(m_query, &QLineEdit::textChanged, this, [this](const QString &text) {
        if (m_mode->currentIndex() < 2) {
            m_typing.start();
        } else if (text.isEmpty()) {
            m_found.reset();
            applyFilter();
        }
    });
    connect(m_query, &QLineEdit::returnPressed, this, [this] {
        if (m_mode->currentIndex() == 2)
            searchField();
        else
            applyFilter();
    });
}

QWidget *BrowserPage::buildDocuments()
{
    auto *documents = new QWidget(this);
    m_documentView = makeTable(documents, "browser.documents", tr("Documents"), m_documents);
    auto *header = m_documentView->horizontalHeader();
    header->setSectionResizeMode(DocumentModel::Id, QHeaderView::Stretch);
    header->resizeSection(DocumentModel::State, 110);
    m_status = plainLabel(documents, "browser.status");
    m_cancel = new QToolButton(documents);
    m_cancel->setObjectName(QStringLiteral("browser.cancel"));
    m_cancel->setText(tr("Cancel"));
    m_cancel->hide();
    connect(m_cancel, &QToolButton::clicked, this, [this] {
        m_searchTask.stop();
        m_extractTask.stop();
        m_extractTimer.stop();
        updateStatus();
    });
    auto *foot = new QHBoxLayout;
    foot->addWidget(m_status, 1);
    foot->addWidget(m_cancel);
    auto *column = new QVBoxLayout(documents);
    column->setContentsMargins(0, 0, 0, 6);
    column->addWidget(buildFilter());
    column->addWidget(m_documentView, 1);
    column->addLayout(foot);
    return documents;
}

} // namespace browser
