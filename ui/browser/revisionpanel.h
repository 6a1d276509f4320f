#pragma once

#include "core/store/revtree.h"

#include <QWidget>

class QLabel;

namespace browser {

class RevisionView;

/// The revision tree with its tools: zoom, folding, export, and what the current place is in words.
class RevisionPanel : public QWidget
{
    Q_OBJECT

public:
    explicit RevisionPanel(QWidget *parent = nullptr);
    void setTree(store::RevTree tree);
    [[nodiscard]] RevisionView *view() const { return m_view; }

signals:
    void revisionActivated(const store::RevId &rev);
    /// The bytes of a file that the operator wants to have, and how it may be called.
    void exportRequested(const QByteArray &bytes, const QString &suffix);

private:
    [[nodiscard]] QWidget *makeTools();

    RevisionView *m_view;
    QLabel *m_summary;
    QLabel *m_current;
};

} // namespace browser
