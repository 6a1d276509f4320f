#include "ui/browser/revisionpanel.h"

#include "ui/browser/revisiondrawing.h"
#include "ui/browser/revisionview.h"

#include <QBuffer>
#include <QHBoxLayout>
#include <QImage>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

namespace browser {

RevisionPanel::RevisionPanel(QWidget *parent)
    : QWidget(parent)
    , m_view(new RevisionView(this))
    , m_summary(new QLabel(this))
    , m_current(new QLabel(this))
{
    m_view->setObjectName(QStringLiteral("revisions.view"));
    m_summary->setObjectName(QStringLiteral("revisions.summary"));
    m_summary->setTextFormat(Qt::PlainText);
    m_current->setObjectName(QStringLiteral("revisions.current"));
    m_current->setTextFormat(Qt::PlainText);
    m_current->setWordWrap(true);
    m_current->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 6, 0, 0);
    column->addWidget(makeTools());
    column->addWidget(m_view, 1);
    column->addWidget(m_current);
    connect(m_view, &RevisionView::revisionActivated, this, &RevisionPanel::revisionActivated);
    connect(m_view, &RevisionView::currentChanged, this,
            [this] { m_current->setText(m_view->currentDescription()); });
}

QWidget *RevisionPanel::makeTools()
{
    auto *tools = new QWidget(this);
    auto *row = new QHBoxLayout(tools);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_summary);
    row->addStretch();
    const auto add = [&](const QString &text, const QString &tip, const char *name) {
        auto *button = new QToolButton(tools);
        button->setText(text);
        button->setToolTip(tip);
        button->setAccessibleName(tip);
        button->setObjectName(QString::fromLatin1(name));
        row->addWidget(button);
        return button;
    };
    auto *fold = add(tr("Fold"), tr("Fold long chains of revisions"), "revisions.fold");
    fold->setCheckable(true);
    fold->setChecked(true);
    connect(fold, &QToolButton::toggled, m_view, &RevisionView::setFolded);
    constexpr double step = 1.25;
    connect(add(tr("−"), tr("Zoom out (−)"), "revisions.zoomOut"), &QToolButton::clicked, m_view,
            [this] { m_view->zoomBy(1 / step); });
    connect(add(tr("100 %"), tr("Original size (0)"), "revisions.zoomReset"), &QToolButton::clicked,
            m_view, &RevisionView::resetZoom);
    connect(add(tr("+"), tr("Zoom in (+)"), "revisions.zoomIn"), &QToolButton::clicked, m_view,
            [this] { m_view->zoomBy(step); });
    connect(add(tr("Fit"), tr("Show all of the tree (F)"), "revisions.fit"), &QToolButton::clicked,
            m_view, &RevisionView::zoomToFit);
    connect(add(tr("SVG…"), tr("Save the tree as an SVG file"), "revisions.svg"),
            &QToolButton::clicked, this,
            [this] { emit exportRequested(m_view->svg(), QStringLiteral("svg")); });
    connect(add(tr("PNG…"), tr("Save the tree as a picture"), "revisions.png"),
            &QToolButton::clicked, this, [this] {
                QBuffer png;
                m_view->image().save(&png, "PNG");
                emit exportRequested(png.data(), QStringLiteral("png"));
            });
    return tools;
}

void RevisionPanel::setTree(store::RevTree tree)
{
    m_summary->setText(describe(tree));
    m_view->setTree(std::move(tree));
    m_current->setText(m_view->currentDescription());
}

} // namespace browser
