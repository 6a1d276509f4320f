#include "ui/browser/attachmentpanel.h"

#include "core/base/text.h"
#include "ui/browser/textpane.h"

#include <QBuffer>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QImageReader>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <array>

namespace browser {

namespace {

constexpr int kLargestSide = 2048;

bool isText(const std::string &type)
{
    return type.starts_with("text/") || type.starts_with("application/json")
        || type.starts_with("application/xml") || type.starts_with("application/javascript")
        || type.find("+json") != std::string::npos || type.find("+xml") != std::string::npos;
}

/// The name of the format, for a decoder, by how the bytes begin.
QByteArray imageFormat(const std::string &bytes)
{
    struct Magic {
        const char *begin;
        const char *format;
    };
    static constexpr std::array<Magic, 5> known{{{"\x89PNG\r\n", "png"},
                                                 {"\xff\xd8\xff", "jpeg"},
                                                 {"GIF87a", "gif"},
                                                 {"GIF89a", "gif"},
                                                 {"BM", "bmp"}}};
    for (const Magic &magic : known) {
        if (bytes.starts_with(magic.begin))
            return magic.format;
    }
    return {};
}

} // namespace

Preview previewOf(const Attachment &attachment, const std::string &bytes)
{
    const auto problem = [](const QString &text) { return Preview{{}, {}, text}; };
    if (const QByteArray format = imageFormat(bytes); !format.isEmpty()) {
        QByteArray copy(bytes.data(), static_cast<qsizetype>(bytes.size()));
        QBuffer device(&copy);
        QImageReader reader(&device, format);
        reader.setDecideFormatFromContent(false);
        QImageReader::setAllocationLimit(128);
        const QSize size = reader.size();
        if (size.isValid() && std::max(size.width(), size.height()) > kLargestSide)
            reader.setScaledSize(size.scaled(kLargestSide, kLargestSide, Qt::KeepAspectRatio));
        Preview preview;
        if (reader.read(&preview.image))
            return preview;
        return problem(AttachmentPanel::tr("This image is damaged or too large to be shown."));
    }
    if (isText(attachment.contentType))
        return {prepareText(bytes), {}, {}};
    return problem(AttachmentPanel::tr("There is no preview for %1. Save it to look at it.")
                       .arg(base::printable(attachment.contentType, 100)));
}

AttachmentPanel::AttachmentPanel(QWidget *parent)
    : QWidget(parent)
    , m_list(new QTableWidget(0, 4, this))
    , m_preview(new QStackedWidget(this))
    , m_message(new QLabel(this))
    , m_image(new QLabel(this))
    , m_text(new TextPane(this))
    , m_save(new QPushButton(tr("&Save…"), this))
{
    m_list->setObjectName(QStringLiteral("attachments.list"));
    m_list->setAccessibleName(tr("Attachments"));
    m_list->setHorizontalHeaderLabels({tr("Name"), tr("Type"), tr("Size"), tr("Digest")});
    m_list->verticalHeader()->hide();
    m_list->setShowGrid(false);
    m_list->setWordWrap(false);
    m_list->horizontalHeader()->setHighlightSections(false);
    m_list->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_list->verticalHeader()->setDefaultSectionSize(m_list->fontMetrics().height() + 8);
    m_list->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_list->setSelectionMode(QAbstractItemView::SingleSelection);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->horizontalHeader()->setStretchLastSection(true);
    m_preview->setObjectName(QStringLiteral("attachments.preview"));
    m_message->setObjectName(QStringLiteral("attachments.message"));
    m_message->setTextFormat(Qt::PlainText);
    m_message->setAlignment(Qt::AlignCenter);
    m_message->setWordWrap(true);
    m_image->setObjectName(QStringLiteral("attachments.image"));
    m_image->setAlignment(Qt::AlignCenter);
    m_image->setMinimumSize(1, 1);
    m_save->setObjectName(QStringLiteral("attachments.save"));
    m_preview->addWidget(m_message);
    m_preview->addWidget(m_image);
    m_preview->addWidget(m_text);

    auto *left = new QWidget(this);
    auto *column = new QVBoxLayout(left);
    column->setContentsMargins(0, 6, 0, 0);
    column->addWidget(m_list, 1);
    column->addWidget(m_save, 0, Qt::AlignLeft);
    auto *splitter = new QSplitter(this);
    splitter->addWidget(left);
    splitter->addWidget(m_preview);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    auto *row = new QVBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(splitter);

    connect(m_list, &QTableWidget::currentCellChanged, this, [this](int current, int, int before) {
        if (current < 0 || current == before)
            return;
        m_message->setText(tr("Reading…"));
        m_preview->setCurrentWidget(m_message);
        emit previewWanted(m_attachments[static_cast<size_t>(current)]);
    });
    connect(m_save, &QPushButton::clicked, this, [this] {
        if (currentRow() >= 0)
            emit saveWanted(m_attachments[static_cast<size_t>(currentRow())]);
    });
    setAttachments({});
}

int AttachmentPanel::currentRow() const
{
    return m_list->currentRow();
}

void AttachmentPanel::setAttachments(std::vector<Attachment> attachments)
{
    m_list->setCurrentCell(-1, -1);
    m_attachments = std::move(attachments);
    m_list->setRowCount(static_cast<int>(m_attachments.size()));
    for (int row = 0; row < m_list->rowCount(); ++row) {
        const Attachment &it = m_attachments[static_cast<size_t>(row)];
        const auto put = [&](int column, const QString &text, bool isNumber = false) {
            auto item = std::make_unique<QTableWidgetItem>(text);
            if (isNumber)
                item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
            m_list->setItem(row, column, item.release()); // the table owns it
        };
        put(0, base::printable(it.name, 500));
        put(1, base::printable(it.contentType, 100));
        put(2, QLocale().formattedDataSize(static_cast<qint64>(it.length), 1), true);
        put(3, base::printable(it.digest));
    }
    m_list->resizeColumnsToContents();
    m_save->setEnabled(!m_attachments.empty());
    m_message->setText(m_attachments.empty() ? tr("This revision has no attachments.")
                                             : tr("Choose an attachment to see it."));
    m_preview->setCurrentWidget(m_message);
    if (!m_attachments.empty())
        m_list->setCurrentCell(0, 0);
}

void AttachmentPanel::showPreview(const Preview &preview)
{
    if (!preview.problem.isEmpty()) {
        m_message->setText(preview.problem);
        m_preview->setCurrentWidget(m_message);
    } else if (!preview.image.isNull()) {
        m_shownImage = preview.image;
        m_preview->setCurrentWidget(m_image);
        showImage();
    } else {
        m_text->setText(preview.text);
        m_preview->setCurrentWidget(m_text);
    }
}

void AttachmentPanel::showImage()
{
    const double ratio = devicePixelRatioF();
    const QSize room = m_preview->size() * ratio;
    QPixmap picture = QPixmap::fromImage(m_shownImage);
    if (picture.width() > room.width() || picture.height() > room.height())
        picture = picture.scaled(room, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    picture.setDevicePixelRatio(ratio);
    m_image->setPixmap(picture);
}

void AttachmentPanel::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    if (m_preview->currentWidget() == m_image)
        showImage();
}

} // namespace browser
