#include "ui/browser/revisionview.h"

#include "ui/browser/revisiondrawing.h"
#include "ui/drawing/inks.h"
#include "ui/drawing/paint.h"

#include <QAccessible>
#include <QApplication>
#include <QHelpEvent>
#include <QImage>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace browser {

namespace {

constexpr double kSmallest = 0.1;
constexpr double kLargest = 4;
constexpr double kZoomStep = 1.25;

} // namespace

RevisionView::RevisionView(QWidget *parent)
    : QAbstractScrollArea(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Revision tree"));
    viewport()->setMouseTracking(true);
    viewport()->setBackgroundRole(QPalette::Base);
    viewport()->setAutoFillBackground(true);
    setMinimumSize(160, 120);
}

RevisionView::~RevisionView() = default;

void RevisionView::setTree(store::RevTree tree)
{
    m_tree = std::move(tree);
    m_folding.unfolded.clear();
    relayout(m_tree.winner());
    resetZoom();
}

void RevisionView::setFolded(bool isFolded)
{
    const std::int32_t node =
        m_current < 0 ? -1 : m_layout.items[static_cast<size_t>(m_current)].node;
    m_folding = {isFolded, {}};
    relayout(node);
}

void RevisionView::relayout(std::int32_t currentNode)
{
    m_layout = layoutRevisions(m_tree, m_folding);
    m_drawing = drawRevisions(m_tree, m_layout);
    updateScrollBars();
    m_current = -1;
    setCurrent(m_layout.itemOf(m_tree, currentNode));
    viewport()->update();
}

void RevisionView::setCurrent(int item)
{
    if (item == m_current || item >= static_cast<int>(m_layout.items.size()))
        return;
    m_current = item;
    scrollTo(item);
    setAccessibleDescription(describe(m_tree) + QStringLiteral(". ") + currentDescription());
    QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&changed);
    viewport()->update();
    emit currentChanged(item);
}

QString RevisionView::currentDescription() const
{
    return m_current < 0 ? QString()
                         : describe(m_tree, m_layout.items[static_cast<size_t>(m_current)]);
}

void RevisionView::activate(int item)
{
    if (item < 0)
        return;
    const RevisionItem it = m_layout.items[static_cast<size_t>(item)];
    if (it.isFold()) {
        m_folding.unfolded.insert(it.node);
        relayout(it.node);
        return;
    }
    emit revisionActivated(m_tree.revOf(it.node));
}

// --- the part that is seen ---------------------------------------------------------------------

void RevisionView::updateScrollBars()
{
    const QSizeF size = m_drawing.size * m_zoom;
    const QSize page = viewport()->size();
    horizontalScrollBar()->setPageStep(page.width());
    verticalScrollBar()->setPageStep(page.height());
    horizontalScrollBar()->setSingleStep(40);
    verticalScrollBar()->setSingleStep(40);
    horizontalScrollBar()->setRange(
        0, std::max(0, static_cast<int>(std::ceil(size.width())) - page.width()));
    verticalScrollBar()->setRange(
        0, std::max(0, static_cast<int>(std::ceil(size.height())) - page.height()));
}

QPointF RevisionView::origin() const
{
    return {static_cast<double>(-horizontalScrollBar()->value()),
            static_cast<double>(-verticalScrollBar()->value())};
}

QPointF RevisionView::toDrawing(QPointF viewportPoint) const
{
    return (viewportPoint - origin()) / m_zoom;
}

void RevisionView::setZoom(double zoom, QPointF fixed)
{
    const QPointF held = toDrawing(fixed);
    m_zoom = std::clamp(zoom, kSmallest, kLargest);
    updateScrollBars();
    horizontalScrollBar()->setValue(static_cast<int>(held.x() * m_zoom - fixed.x()));
    verticalScrollBar()->setValue(static_cast<int>(held.y() * m_zoom - fixed.y()));
    viewport()->update();
}

void RevisionView::zoomBy(double factor)
{
    setZoom(m_zoom * factor, QRectF(viewport()->rect()).center());
}

void RevisionView::resetZoom()
{
    setZoom(1, {});
    scrollTo(m_current);
}

void RevisionView::zoomToFit()
{
    if (m_drawing.size.isEmpty())
        return;
    const QSizeF page = viewport()->size();
    setZoom(std::min({page.width() / m_drawing.size.width(),
                      page.height() / m_drawing.size.height(), 1.0}),
            {});
}

void RevisionView::scrollTo(int item)
{
    if (item < 0)
        return;
    const QPointF centre = centreOf(m_layout.items[static_cast<size_t>(item)]) * m_zoom;
    const auto reveal = [](QScrollBar *bar, double at, double before, double after) {
        if (at - before < bar->value())
            bar->setValue(static_cast<int>(at - before));
        else if (at + after > bar->value() + bar->pageStep())
            bar->setValue(static_cast<int>(at + after) - bar->pageStep());
    };
    reveal(horizontalScrollBar(), centre.x(), 70 * m_zoom, 70 * m_zoom);
    reveal(verticalScrollBar(), centre.y(), 56 * m_zoom, 56 * m_zoom);
}

void RevisionView::paintEvent(QPaintEvent *event)
{
    QPainter painter(viewport());
    painter.setFont(font());
    painter.translate(origin());
    painter.scale(m_zoom, m_zoom);
    const QRectF visible(toDrawing(event->rect().topLeft()), QSizeF(event->rect().size()) / m_zoom);
    drawing::paint(painter, m_drawing, palette(), visible);
    if (m_current < 0)
        return;
    const QPointF centre = centreOf(m_layout.items[static_cast<size_t>(m_current)]);
    QPen ring(drawing::colourOf(drawing::Ink::Accent, palette()), hasFocus() ? 2 : 1);
    painter.setPen(ring);
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(centre.x() - 54, centre.y() - 20, 108, 68), 7, 7);
}

void RevisionView::resizeEvent(QResizeEvent *event)
{
    QAbstractScrollArea::resizeEvent(event);
    updateScrollBars();
}

void RevisionView::changeEvent(QEvent *event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::LanguageChange) {
        setAccessibleName(tr("Revision tree"));
        m_drawing = drawRevisions(m_tree, m_layout);
    }
    viewport()->update();
}

void RevisionView::focusInEvent(QFocusEvent *event)
{
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

void RevisionView::focusOutEvent(QFocusEvent *event)
{
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

QByteArray RevisionView::svg() const
{
    return drawing::svgOf(m_drawing, palette(), font(), describe(m_tree));
}

QImage RevisionView::image() const
{
    return drawing::imageOf(m_drawing, palette(), font(), 2);
}

// --- the part that listens ---------------------------------------------------------------------

void RevisionView::keyPressEvent(QKeyEvent *event)
{
    const auto walk = [this](Step step) { setCurrent(neighbour(m_layout, m_current, step)); };
    switch (event->key()) {
    case Qt::Key_Left: walk(Step::Left); return;
    case Qt::Key_Right: walk(Step::Right); return;
    case Qt::Key_Up: walk(Step::Up); return;
    case Qt::Key_Down: walk(Step::Down); return;
    case Qt::Key_Home: setCurrent(m_layout.items.empty() ? -1 : 0); return;
    case Qt::Key_End: setCurrent(m_layout.winner()); return;
    case Qt::Key_Return:
    case Qt::Key_Enter: activate(m_current); return;
    case Qt::Key_Plus:
    case Qt::Key_Equal: zoomBy(kZoomStep); return;
    case Qt::Key_Minus: zoomBy(1 / kZoomStep); return;
    case Qt::Key_0: resetZoom(); return;
    case Qt::Key_F:
        if (event->modifiers() == Qt::NoModifier) {
            zoomToFit();
            return;
        }
        break;
    default: break;
    }
    QAbstractScrollArea::keyPressEvent(event);
}

void RevisionView::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const int item = itemAt(m_layout, toDrawing(event->position()));
    if (item >= 0) {
        setCurrent(item);
        if (m_layout.items[static_cast<size_t>(item)].isFold())
            activate(item);
        return;
    }
    m_isDragging = true;
    m_dragFrom = event->pos();
    viewport()->setCursor(Qt::ClosedHandCursor);
}

void RevisionView::mouseMoveEvent(QMouseEvent *event)
{
    if (!m_isDragging) {
        const int item = itemAt(m_layout, toDrawing(event->position()));
        viewport()->setCursor(item >= 0 ? Qt::PointingHandCursor : Qt::OpenHandCursor);
        return;
    }
    const QPoint moved = event->pos() - m_dragFrom;
    m_dragFrom = event->pos();
    horizontalScrollBar()->setValue(horizontalScrollBar()->value() - moved.x());
    verticalScrollBar()->setValue(verticalScrollBar()->value() - moved.y());
}

void RevisionView::mouseReleaseEvent(QMouseEvent *event)
{
    QAbstractScrollArea::mouseReleaseEvent(event);
    m_isDragging = false;
    viewport()->setCursor(Qt::OpenHandCursor);
}

void RevisionView::mouseDoubleClickEvent(QMouseEvent *event)
{
    const int item = itemAt(m_layout, toDrawing(event->position()));
    if (item >= 0 && !m_layout.items[static_cast<size_t>(item)].isFold())
        activate(item);
}

void RevisionView::wheelEvent(QWheelEvent *event)
{
    if (!(event->modifiers() & Qt::ControlModifier)) {
        QAbstractScrollArea::wheelEvent(event);
        return;
    }
    const double notches = event->angleDelta().y() / 120.0;
    setZoom(m_zoom * std::pow(kZoomStep, notches), event->position());
    event->accept();
}

bool RevisionView::viewportEvent(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        const int item = itemAt(m_layout, toDrawing(help->pos()));
        if (item < 0) {
            QToolTip::hideText();
            return true;
        }
        // As HTML of plain text: a hash from a file must not be taken for mark-up.
        const QString text = describe(m_tree, m_layout.items[static_cast<size_t>(item)]);
        QToolTip::showText(help->globalPos(),
                           QStringLiteral("<qt>%1</qt>").arg(text.toHtmlEscaped()), viewport());
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

} // namespace browser
