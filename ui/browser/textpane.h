#pragma once

#include "ui/browser/bodytext.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QToolButton;

namespace browser {

/// Plain text to read, search and copy; never mark-up. Copying takes the bytes that were given,
/// also what the view had to leave out.
class TextPane : public QWidget
{
    Q_OBJECT

public:
    explicit TextPane(QWidget *parent = nullptr);

    void setText(PreparedText text);
    /// Lines that begin with '+' or '-' get a background.
    void setDifference(PreparedText text);
    void setPlaceholder(const QString &text);
    void setWrapped(bool isWrapped);
    /// Something to stand on the left of the search.
    void addTool(QWidget *tool);
    [[nodiscard]] QString shownText() const;

    void find(const QString &text);
    [[nodiscard]] int found() const { return m_found; }

protected:
    void changeEvent(QEvent *event) override;

private:
    void findNext(bool backwards);
    void markFound();
    void markDifference();
    void copyAll() const;

    std::string m_bytes;
    QPlainTextEdit *m_view;
    QLineEdit *m_search;
    QLabel *m_count;
    QLabel *m_note;
    QWidget *m_tools;
    bool m_isDifference = false;
    int m_found = 0;
};

} // namespace browser
