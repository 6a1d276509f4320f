#include "ui/browser/textpane.h"

#include "ui/drawing/inks.h"

#include <QClipboard>
#include <QEvent>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTextBlock>
#include <QToolButton>
#include <QVBoxLayout>

namespace browser {

namespace {

constexpr int kMostMarks = 500;
constexpr qsizetype kMostLines = 5000;

} // namespace

TextPane::TextPane(QWidget *parent)
    : QWidget(parent)
    , m_view(new QPlainTextEdit(this))
    , m_search(new QLineEdit(this))
    , m_count(new QLabel(this))
    , m_note(new QLabel(this))
    , m_tools(new QWidget(this))
{
    m_view->setReadOnly(true);
    m_view->setUndoRedoEnabled(false);
    m_view->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_view->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_view->setObjectName(QStringLiteral("text.view"));
    m_view->setAccessibleName(tr("Text"));
    m_search->setObjectName(QStringLiteral("text.search"));
    m_search->setPlaceholderText(tr("Find in text"));
    m_search->setAccessibleName(tr("Find in text"));
    m_search->setClearButtonEnabled(true);
    m_search->setMaximumWidth(240);
    m_count->setObjectName(QStringLiteral("text.count"));
    m_note->setObjectName(QStringLiteral("text.note"));
    m_note->setTextFormat(Qt::PlainText);
    m_note->setWordWrap(true);
    m_note->hide();

    auto *next = new QToolButton(this);
    next->setText(tr("Next"));
    next->setObjectName(QStringLiteral("text.next"));
    auto *copy = new QToolButton(this);
    copy->setText(tr("Copy"));
    copy->setToolTip(tr("Copies all of it, as it is stored or shown."));
    copy->setObjectName(QStringLiteral("text.copy"));

    auto *left = new QHBoxLayout(m_tools);
    left->setContentsMargins(0, 0, 0, 0);
    auto *bar = new QHBoxLayout;
    bar->addWidget(m_tools);
    bar->addStretch();
    bar->addWidget(m_count);
    bar->addWidget(m_search, 1);
    bar->addWidget(next);
    bar->addWidget(copy);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 6, 0, 0);
    column->addLayout(bar);
    column->addWidget(m_note);
    column->addWidget(m_view, 1);

    connect(m_search, &QLineEdit::textChanged, this, &TextPane::markFound);
    connect(m_search, &QLineEdit::returnPressed, this, [this] { findNext(false); });
    connect(next, &QToolButton::clicked, this, [this] { findNext(false); });
    connect(copy, &QToolButton::clicked, this, &TextPane::copyAll);
}

void TextPane::addTool(QWidget *tool)
{
    m_tools->layout()->addWidget(tool);
}

void TextPane::setPlaceholder(const QString &text)
{
    m_bytes.clear();
    m_isDifference = false;
    m_note->hide();
    m_view->clear();
    m_view->setPlaceholderText(text);
    markFound();
}

void TextPane::setWrapped(bool isWrapped)
{
    m_view->setLineWrapMode(isWrapped ? QPlainTextEdit::WidgetWidth : QPlainTextEdit::NoWrap);
}

void TextPane::setText(PreparedText text)
{
    m_isDifference = false;
    m_bytes = std::move(text.bytes);
    m_view->setPlaceholderText({});
    m_view->setPlainText(text.shown.text);
    m_note->setVisible(text.shown.isCut);
    m_note->setText(tr("It is too long to show all of it. Copy takes everything."));
    markFound();
}

void TextPane::setDifference(PreparedText text)
{
    setText(std::move(text));
    m_isDifference = true;
    markFound();
}

QString TextPane::shownText() const
{
    return m_view->toPlainText();
}

void TextPane::find(const QString &text)
{
    m_search->setText(text);
}

void TextPane::findNext(bool backwards)
{
    const auto flags = backwards ? QTextDocument::FindBackward : QTextDocument::FindFlags();
    if (m_view->find(m_search->text(), flags))
        return;
    // From the top again.
    m_view->moveCursor(backwards ? QTextCursor::End : QTextCursor::Start);
    m_view->find(m_search->text(), flags);
}

void TextPane::markFound()
{
    markDifference();
    QList<QTextEdit::ExtraSelection> marks = m_view->extraSelections();
    m_found = 0;
    const QString wanted = m_search->text();
    QTextCursor at(m_view->document());
    while (!wanted.isEmpty() && m_found < kMostMarks) {
        at = m_view->document()->find(wanted, at);
        if (at.isNull())
            break;
        ++m_found;
        QTextEdit::ExtraSelection mark;
        mark.cursor = at;
        mark.format.setBackground(palette().color(QPalette::Highlight));
        mark.format.setForeground(palette().color(QPalette::HighlightedText));
        marks += mark;
    }
    m_view->setExtraSelections(marks);
    if (wanted.isEmpty())
        m_count->clear();
    else if (m_found == kMostMarks)
        m_count->setText(tr("%1 and more").arg(m_found));
    else
        m_count->setText(m_found == 0 ? tr("not found") : tr("%1 found").arg(m_found));
}

void TextPane::markDifference()
{
    QList<QTextEdit::ExtraSelection> marks;
    for (QTextBlock block = m_view->document()->firstBlock();
         m_isDifference && block.isValid() && marks.size() < kMostLines; block = block.next()) {
        const bool isAdded = block.text().startsWith(QLatin1Char('+'));
        if (!isAdded && !block.text().startsWith(QLatin1Char('-')))
            continue;
        QColor colour =
            drawing::colourOf(isAdded ? drawing::Ink::Accent : drawing::Ink::Bad, palette());
        colour.setAlphaF(0.16F);
        QTextEdit::ExtraSelection mark;
        mark.cursor = QTextCursor(block);
        mark.format.setBackground(colour);
        mark.format.setProperty(QTextFormat::FullWidthSelection, true);
        marks += mark;
    }
    m_view->setExtraSelections(marks);
}

void TextPane::copyAll() const
{
    QGuiApplication::clipboard()->setText(
        QString::fromUtf8(m_bytes.data(), static_cast<qsizetype>(m_bytes.size())));
}

void TextPane::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        markFound();
}

} // namespace browser
