#pragma once

#include "ui/browser/bodytext.h"
#include "ui/browser/reading.h"

#include <QImage>
#include <QWidget>

class QLabel;
class QPushButton;
class QStackedWidget;
class QTableWidget;

namespace browser {

class TextPane;

/// What can be shown of an attachment's bytes. Made outside the GUI thread.
struct Preview {
    PreparedText text;
    QImage image;
    QString problem; ///< why there is nothing to see
};
/// Text of the types that are text, images of PNG, JPEG, GIF and BMP whatever their type says; no
/// other format is given to a decoder. Larger images are made smaller. Blocks.
[[nodiscard]] Preview previewOf(const Attachment &attachment, const std::string &bytes);
inline constexpr std::uint64_t kPreviewLimitBytes = std::uint64_t{16} << 20;

/// The attachments of one revision: list, preview, save.
class AttachmentPanel : public QWidget
{
    Q_OBJECT

public:
    explicit AttachmentPanel(QWidget *parent = nullptr);
    void setAttachments(std::vector<Attachment> attachments);
    void showPreview(const Preview &preview);
    [[nodiscard]] const std::vector<Attachment> &attachments() const { return m_attachments; }

signals:
    void previewWanted(const browser::Attachment &attachment);
    void saveWanted(const browser::Attachment &attachment);

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    [[nodiscard]] int currentRow() const;
    void showImage();

    std::vector<Attachment> m_attachments;
    QTableWidget *m_list;
    QStackedWidget *m_preview;
    QLabel *m_message;
    QLabel *m_image;
    TextPane *m_text;
    QPushButton *m_save;
    QImage m_shownImage;
};

} // namespace browser
