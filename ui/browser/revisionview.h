#pragma once

#include "ui/browser/revisionlayout.h"
#include "ui/drawing/mark.h"

#include <QAbstractScrollArea>

namespace browser {

/// Shows a revision tree. Drag or scroll to move, Ctrl with the wheel or + and - to zoom, 0 for
/// 100 %, F to see all; arrow keys walk, Home and End go to the first revision and to the winner,
/// Enter shows a revision or unfolds a chain.
class RevisionView : public QAbstractScrollArea
{
    Q_OBJECT

public:
    explicit RevisionView(QWidget *parent = nullptr);
    ~RevisionView() override;

    /// The winner becomes the current revision.
    void setTree(store::RevTree tree);
    void setFolded(bool isFolded);
    [[nodiscard]] const RevisionLayout &revisions() const { return m_layout; }
    [[nodiscard]] int current() const { return m_current; }
    void setCurrent(int item);
    /// What the current place is, as a sentence.
    [[nodiscard]] QString currentDescription() const;

    void zoomBy(double factor);
    void zoomToFit();
    void resetZoom();
    [[nodiscard]] double zoom() const { return m_zoom; }

    [[nodiscard]] QByteArray svg() const;
    [[nodiscard]] QImage image() const;

signals:
    void revisionActivated(const store::RevId &rev);
    void currentChanged(int item);

protected:
    bool viewportEvent(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void changeEvent(QEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;

private:
    void relayout(std::int32_t currentNode);
    void updateScrollBars();
    void setZoom(double zoom, QPointF fixed);
    void activate(int item);
    void scrollTo(int item);
    [[nodiscard]] QPointF toDrawing(QPointF viewportPoint) const;
    [[nodiscard]] QPointF origin() const;

    store::RevTree m_tree;
    Folding m_folding;
    RevisionLayout m_layout;
    drawing::Drawing m_drawing;
    double m_zoom = 1;
    int m_current = -1;
    QPoint m_dragFrom;
    bool m_isDragging = false;
};

} // namespace browser
