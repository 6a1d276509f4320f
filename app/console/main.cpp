#include "ui/browser/browserpage.h"
#include "ui/icons/icons.h"

#include <QApplication>

/// focus-monitor, the desktop console. A backup may be named on the command line.
int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("focus-monitor"));
    QApplication::setWindowIcon(icons::icon(QStringLiteral("app"), QApplication::palette()));
    browser::BrowserPage page;
    page.setWindowTitle(QStringLiteral("focus-monitor"));
    page.resize(1100, 720);
    const QStringList arguments = QApplication::arguments();
    if (arguments.size() > 1)
        page.open(arguments.at(1));
    page.show();
    return QApplication::exec();
}
