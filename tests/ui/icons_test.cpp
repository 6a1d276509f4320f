#include "ui/drawing/inks.h"
#include "ui/icons/icons.h"

#include <QDir>
#include <QFile>
#include <QPalette>
#include <QTest>

using namespace Qt::StringLiterals;

/// Every picture is there, is drawn, and is seen in light and dark.
class IconsTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }
    void everyFileIsAnIcon();
    void unknownNameIsEmpty();
    void shapesAreToldApartWithoutColour();
    void shapesAreSeenOnTheirGround();
};

namespace {

QPalette paletteOf(bool isDark)
{
    return isDark ? QPalette(QColor(60, 60, 60), QColor(30, 30, 30)) : QPalette(Qt::lightGray);
}

constexpr format::Shape kShapes[] = {format::Shape::Ok,        format::Shape::Working,
                                     format::Shape::Attention, format::Shape::Failed,
                                     format::Shape::Unknown,   format::Shape::Paused};

/// What is inked, whatever the colour.
QByteArray outline(const QIcon &icon)
{
    const QImage alpha = icon.pixmap(16, 16).toImage().convertToFormat(QImage::Format_Alpha8);
    QByteArray bytes;
    for (int y = 0; y < alpha.height(); ++y) {
        for (int x = 0; x < alpha.width(); ++x)
            bytes += alpha.pixelColor(x, y).alpha() > 127 ? '#' : '.';
    }
    return bytes;
}

} // namespace

void IconsTest::everyFileIsAnIcon()
{
    const QDir folder(QStringLiteral(FM_SOURCE_DIR "/resources/icons"));
    const QStringList files = folder.entryList({u"*.svg"_s}, QDir::Files);
    QVERIFY(!files.isEmpty());
    for (const QString &file : files) {
        const QIcon icon = icons::icon(file.chopped(4), paletteOf(false));
        QVERIFY2(outline(icon).contains('#'), qPrintable(file));
    }
}

void IconsTest::unknownNameIsEmpty()
{
    QVERIFY(icons::icon(u"nothing-like-this"_s, paletteOf(false)).isNull());
}

void IconsTest::shapesAreToldApartWithoutColour()
{
    QSet<QByteArray> outlines;
    for (const format::Shape shape : kShapes)
        outlines.insert(outline(icons::icon(shape, paletteOf(false))));
    QCOMPARE(outlines.size(), static_cast<qsizetype>(std::size(kShapes)));
}

void IconsTest::shapesAreSeenOnTheirGround()
{
    for (const bool isDark : {false, true}) {
        const QPalette palette = paletteOf(isDark);
        for (const format::Shape shape : kShapes) {
            const QColor colour = drawing::colourOf(icons::inkOf(shape), palette);
            QVERIFY(drawing::contrast(colour, palette.color(QPalette::Base)) >= 4.5);
        }
    }
}

QTEST_MAIN(IconsTest)

#include "icons_test.moc"
