#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>
#include <QTest>

using namespace Qt::StringLiterals;

namespace {

// --- the rules ---------------------------------------------------------------------------------

/// Which folders of ours a folder may include, besides itself.
struct LayerRule {
    QString folder;
    QStringList mayInclude;
};

const QStringList allOfCore{
    u"core/base"_s,     u"core/couch"_s,  u"core/store"_s,   u"core/archive"_s, u"core/serve"_s,
    u"core/settings"_s, u"core/backup"_s, u"core/monitor"_s, u"core/alert"_s,   u"core/engine"_s};

const QList<LayerRule> layerRules{
    {u"core/base"_s, {}},
    {u"core/couch"_s, {u"core/base"_s}},
    {u"core/store"_s, {u"core/base"_s}},
    {u"core/archive"_s, {u"core/base"_s}},
    {u"core/serve"_s, {u"core/base"_s, u"core/couch"_s, u"core/store"_s, u"core/archive"_s}},
    {u"core/backup"_s, {u"core/base"_s, u"core/couch"_s, u"core/store"_s, u"core/archive"_s}},
    {u"core/monitor"_s,
     {u"core/base"_s, u"core/couch"_s, u"core/store"_s, u"core/archive"_s, u"core/backup"_s}},
    {u"core/alert"_s, {u"core/base"_s, u"core/monitor"_s}},
    {u"core/settings"_s, {u"core/base"_s, u"core/couch"_s, u"core/backup"_s, u"core/monitor"_s}},
    {u"core/engine"_s,
     {u"core/base"_s, u"core/couch"_s, u"core/store"_s, u"core/archive"_s, u"core/backup"_s,
      u"core/monitor"_s, u"core/alert"_s, u"core/settings"_s, u"core/serve"_s}},
    {u"app/ctl"_s, allOfCore},
    {u"app/console"_s, allOfCore + QStringList{u"ui"_s}},
    {u"ui"_s, allOfCore},
};

/// A header or a piece of text that has no place in some files.
struct BanRule {
    QString name;               ///< as the message calls it
    QRegularExpression pattern; ///< what is banned
    QRegularExpression scope;   ///< paths it is banned in; empty: everywhere
    QRegularExpression exempt;  ///< paths that may, nevertheless
};

QRegularExpression re(const QString &pattern, QRegularExpression::PatternOptions options = {})
{
    return QRegularExpression(pattern, options);
}

const QRegularExpression everywhere = re(u""_s);
const QRegularExpression nowhere = re(u"(?!)"_s);
const QRegularExpression withoutDisplay = re(u"^(core|app/ctl)/"_s);

/// Compared with the header an #include names.
const QList<BanRule> headerBans{
    {u"a header of one operating system (only in *_posix.cpp and *_win.cpp)"_s,
     re(u"^(sys|linux|arpa|net|netinet|mach)/|"
        "^(unistd|fcntl|dirent|dlfcn|poll|pwd|grp|"
        "pthread|sched|semaphore|spawn|strings|syslog|termios|utime|netdb|ftw|glob|fnmatch|aio|"
        "windows|winbase|winsock2?|ws2tcpip|winioctl|fileapi|handleapi|io|direct|process|share|"
        "shlobj|aclapi|sddl|wincred|dpapi)\\.h$"_s,
        QRegularExpression::CaseInsensitiveOption),
     everywhere, re(u"_(posix|win)\\.cpp$"_s)},
    {u"a header of Qt Gui or Qt Widgets"_s,
     re(u"^(QtGui|QtWidgets|QtSvg\\w*|QtPrintSupport|QtOpenGL\\w*|QtQuick\\w*)(/.*)?$|"
        "^Q(Abstract(Button|ScrollArea|ItemView|ItemDelegate)|Action|(Gui)?Application|Bitmap|Box"
        "Layout|Brush|CheckBox|Clipboard|Color|ComboBox|Cursor|DesktopServices|Dialog|DockWidget|"
        "FileDialog|FileSystemModel|Font\\w*|Form|GridLayout|GroupBox|HBoxLayout|HeaderView|Icon|"
        "Image\\w*|InputDialog|KeySequence|Label|Layout|LineEdit|ListView|ListWidget|MainWindow|"
        "Menu|MenuBar|MessageBox|MouseEvent|Painter\\w*|Palette|Pen|Picture|Pixmap\\w*|Plain"
        "TextEdit|ProgressBar|ProgressDialog|PushButton|RadioButton|Screen|ScrollArea|Shortcut|"
        "SpinBox|Splitter|StandardItem(Model)?|StatusBar|Style\\w*|SvgWidget|SystemTrayIcon|"
        "TabWidget|TableView|TableWidget|Text(Browser|Cursor|Document|Edit|Layout)|ToolBar|"
        "ToolButton|TreeView|TreeWidget|VBoxLayout|Validator|Widget|Window|Wizard)$"_s),
     withoutDisplay, nowhere},
};

/// Compared with the code, comments and literals left out.
const QList<BanRule> textBans{
    {u"QNetworkAccessManager (only core/couch/networktransport.*, networkworker.*, transfer.*)"_s,
     re(u"\\bQNetworkAccessManager\\b"_s), everywhere,
     re(u"^core/couch/(network(transport|worker)|transfer)\\.(h|cpp)$"_s)},
    {u"QJsonDocument (it alters numbers and order)"_s, re(u"\\bQJsonDocument\\b"_s),
     re(u"^core/(couch|store)/"_s), nowhere},
    {u"QSaveFile (an empty file on a full disk)"_s, re(u"\\bQSaveFile\\b"_s), everywhere, nowhere},
    {u"ignoreSslErrors"_s, re(u"\\bignoreSslErrors\\b"_s), everywhere, nowhere},
    {u"setInsecureFallback(true)"_s, re(u"\\bsetInsecureFallback\\s*\\(\\s*true\\b"_s), everywhere,
     nowhere},
    {u"system()"_s, re(u"(?<![\\w:.>])(std::|::)?system\\s*\\("_s), everywhere, nowhere},
    {u"popen()"_s, re(u"\\b_?popen\\s*\\("_s), everywhere, nowhere},
    {u"QEventLoop"_s, re(u"\\bQEventLoop\\b"_s), everywhere, nowhere},
    {u"processEvents"_s, re(u"\\bprocessEvents\\b"_s), everywhere, nowhere},
    {u"using namespace std"_s, re(u"\\busing\\s+namespace\\s+std\\s*;"_s), everywhere, nowhere},
    {u"#if 0"_s, re(u"^\\s*#\\s*if\\s+0\\b"_s), everywhere, nowhere},
    {u"authenticationRequired"_s, re(u"\\bauthenticationRequired\\b"_s), everywhere, nowhere},
    {u"leveldb::RepairDB"_s, re(u"\\bRepairDB\\b"_s), everywhere, nowhere},
};

// --- how they are applied ----------------------------------------------------------------------

/// The source with comments (and, where asked, the insides of literals) as blanks; lines stay
/// lines.
QString blanked(const QString &source, bool literalsToo)
{
    // A comment, a raw string, a string, a character (not the ' between digits).
    static const QRegularExpression token(
        uR"re((?<comment>//(?:\\\n|[^\n])*|/\*.*?(?:\*/|\z))|(?<raw>R"(?<tag>[^()\\\s"]*)\(.*?\)\g{tag}")|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])*')re"_s,
        QRegularExpression::DotMatchesEverythingOption);
    static const QRegularExpression visible(u"[^\\n]"_s);

    QString result;
    qsizetype done = 0;
    for (auto matches = token.globalMatch(source); matches.hasNext();) {
        const QRegularExpressionMatch match = matches.next();
        result += source.mid(done, match.capturedStart() - done);
        const bool isComment = match.hasCaptured(u"comment"_s);
        const QString text = match.captured();
        result += isComment || literalsToo ? QString(text).replace(visible, u" "_s) : text;
        done = match.capturedEnd();
    }
    return result + source.mid(done);
}

/// "core/couch" of "core/couch/client.h", "ui" of everything in ui/, nothing for what is not ours.
QString folderOf(const QString &path)
{
    const QStringList parts = path.split(u'/');
    if (parts.first() == u"ui"_s && parts.size() > 1)
        return u"ui"_s;
    if ((parts.first() == u"core"_s || parts.first() == u"app"_s) && parts.size() > 2)
        return parts.at(0) + u'/' + parts.at(1);
    return {};
}

bool applies(const BanRule &rule, const QString &path)
{
    return rule.scope.match(path).hasMatch() && !rule.exempt.match(path).hasMatch();
}

QString place(const QString &path, qsizetype lineIndex)
{
    return u"%1:%2: "_s.arg(path).arg(lineIndex + 1);
}

/// What is wrong with one #include of a file, if anything.
QString includeViolation(const QString &path, const QString &header, bool isQuoted)
{
    const QString from = folderOf(path);
    const QString to = folderOf(header);
    const bool isGenerated = header.endsWith(u".moc"_s) || header.startsWith(u"ui_"_s);
    if (to.isEmpty()) {
        if (isQuoted && !isGenerated)
            return u"\"%1\" is not named from the root of the project"_s.arg(header);
        return {};
    }
    if (!isQuoted)
        return u"<%1> is ours and belongs in quotes"_s.arg(header);
    for (const LayerRule &rule : layerRules) {
        if (rule.folder == from)
            return to == from || rule.mayInclude.contains(to)
                ? QString()
                : u"%1 may not include %2"_s.arg(from, to);
    }
    return u"%1 has no row in the table of layers"_s.arg(from);
}

QStringList includeViolations(const QString &path, const QString &source)
{
    static const QRegularExpression include(uR"re(^\s*#\s*include\s*([<"])([^>"]+)[>"])re"_s);
    QStringList violations;
    const QStringList lines = blanked(source, false).split(u'\n');
    for (qsizetype i = 0; i < lines.size(); ++i) {
        const QRegularExpressionMatch match = include.match(lines.at(i));
        if (!match.hasMatch())
            continue;
        const QString header = match.captured(2);
        const QString message = includeViolation(path, header, match.captured(1) == u"\""_s);
        if (!message.isEmpty())
            violations += place(path, i) + message;
        for (const BanRule &rule : headerBans) {
            if (applies(rule, path) && rule.pattern.match(header).hasMatch())
                violations += place(path, i) + u"<%1> is %2"_s.arg(header, rule.name);
        }
    }
    return violations;
}

QStringList textViolations(const QString &path, const QString &source)
{
    QStringList violations;
    const QStringList lines = blanked(source, true).split(u'\n');
    for (qsizetype i = 0; i < lines.size(); ++i) {
        for (const BanRule &rule : textBans) {
            if (applies(rule, path) && rule.pattern.match(lines.at(i)).hasMatch())
                violations += place(path, i) + u"banned: "_s + rule.name;
        }
    }
    return violations;
}

QStringList violationsOf(const QString &path, const QString &source)
{
    return includeViolations(path, source) + textViolations(path, source);
}

QStringList ourSources()
{
    const QString root = QStringLiteral(FM_SOURCE_DIR "/");
    QStringList paths;
    for (const QString &folder : {u"core"_s, u"app"_s, u"ui"_s}) {
        QDirIterator it(root + folder, {u"*.h"_s, u"*.cpp"_s}, QDir::Files,
                        QDirIterator::Subdirectories);
        while (it.hasNext())
            paths += it.next().mid(root.size());
    }
    paths.sort();
    return paths;
}

} // namespace

/// Keeps the arrows between the parts pointing one way, and what must not be used out of the code.
class LayersTest : public QObject
{
    Q_OBJECT

private slots:
    void sourcesAreFound();
    void sourceKeepsTheRules_data();
    void sourceKeepsTheRules();
    void violationIsReported_data();
    void violationIsReported();
    void innocentIsNotReported_data();
    void innocentIsNotReported();
};

void LayersTest::sourcesAreFound()
{
    QVERIFY(ourSources().contains(u"core/base/version.h"_s));
    QVERIFY(ourSources().contains(u"app/ctl/main.cpp"_s));
}

void LayersTest::sourceKeepsTheRules_data()
{
    QTest::addColumn<QString>("path");
    for (const QString &path : ourSources())
        QTest::newRow(qPrintable(path)) << path;
}

void LayersTest::sourceKeepsTheRules()
{
    QFETCH(QString, path);
    QFile file(QStringLiteral(FM_SOURCE_DIR "/") + path);
    QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(file.errorString()));
    const QStringList violations = violationsOf(path, QString::fromUtf8(file.readAll()));
    QVERIFY2(violations.isEmpty(), qPrintable(violations.join(u'\n')));
}

void LayersTest::violationIsReported_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("report");

    const auto row = [](const char *name, const QString &path, const QString &source,
                        const QString &report) { QTest::newRow(name) << path << source << report; };

    row("upwards", u"core/monitor/a.cpp"_s, u"\n#include \"core/engine/api.h\"\n"_s,
        u"core/monitor/a.cpp:2: core/monitor may not include core/engine"_s);
    row("sideways", u"core/store/a.h"_s, u"#include \"core/archive/reader.h\""_s,
        u"core/store/a.h:1: core/store may not include core/archive"_s);
    row("base", u"core/base/a.h"_s, u"#  include  \"core/couch/client.h\""_s,
        u"core/base/a.h:1: core/base may not include core/couch"_s);
    row("core to ui", u"core/engine/a.h"_s, u"#include \"ui/shell/window.h\""_s,
        u"core/engine/a.h:1: core/engine may not include ui"_s);
    row("core to app", u"core/engine/a.h"_s, u"#include \"app/ctl/output.h\""_s,
        u"core/engine/a.h:1: core/engine may not include app/ctl"_s);
    row("unknown folder", u"core/misc/a.h"_s, u"#include \"core/base/error.h\""_s,
        u"core/misc/a.h:1: core/misc has no row in the table of layers"_s);
    row("relative", u"core/base/a.cpp"_s, u"#include \"a.h\""_s,
        u"core/base/a.cpp:1: \"a.h\" is not named from the root of the project"_s);
    row("ours in angle brackets", u"core/base/a.cpp"_s, u"#include <core/base/a.h>"_s,
        u"core/base/a.cpp:1: <core/base/a.h> is ours and belongs in quotes"_s);
    row("after a comment", u"core/base/a.cpp"_s, u"/* 1\n2 */ #include \"ui/b.h\""_s,
        u"core/base/a.cpp:2: core/base may not include ui"_s);

    const auto header = [&](const char *name, const QString &path) {
        const QString text = QString::fromLatin1(name);
        QTest::addRow("<%s> in %s", name, qPrintable(path))
            << path << u"#include <%1>"_s.arg(text)
            << u"%1:1: <%2> is a header of "_s.arg(path, text);
    };
    for (const char *name : {"unistd.h", "fcntl.h", "sys/stat.h", "dirent.h", "windows.h",
                             "Windows.h", "io.h", "pthread.h"}) {
        header(name, u"core/base/file.cpp"_s);
        header(name, u"ui/shell/window.cpp"_s);
    }
    header("unistd.h", u"core/base/file_posix.h"_s);
    for (const char *name : {"QtGui/QColor", "QtWidgets/QWidget", "QColor", "QWidget",
                             "QApplication", "QGuiApplication", "QIcon", "QtGui"}) {
        header(name, u"core/engine/a.h"_s);
        header(name, u"app/ctl/a.cpp"_s);
    }

    const auto banned = [&](const char *name, const QString &path, const QString &code) {
        row(name, path, u"int a;\n"_s + code, path + u":2: banned: "_s);
    };
    const QString anyPath = u"ui/shell/a.cpp"_s;
    banned("manager", u"core/backup/a.cpp"_s, u"QNetworkAccessManager m;"_s);
    banned("manager header", u"core/couch/a.cpp"_s, u"#include <QNetworkAccessManager>"_s);
    banned("QJsonDocument in couch", u"core/couch/a.cpp"_s, u"QJsonDocument::fromJson(x);"_s);
    banned("QJsonDocument in store", u"core/store/a.cpp"_s, u"QJsonDocument d;"_s);
    banned("QSaveFile", anyPath, u"#include <QSaveFile>"_s);
    banned("ignoreSslErrors", anyPath, u"reply->ignoreSslErrors();"_s);
    banned("setInsecureFallback", anyPath, u"job.setInsecureFallback( true );"_s);
    banned("system", anyPath, u"std::system (\"ls\");"_s);
    banned("global system", anyPath, u"return ::system(command);"_s);
    banned("popen", anyPath, u"popen(\"ls\", \"r\");"_s);
    banned("QEventLoop", anyPath, u"QEventLoop loop;"_s);
    banned("processEvents", anyPath, u"QCoreApplication::processEvents();"_s);
    banned("using namespace std", anyPath, u"using  namespace std;"_s);
    banned("#if 0", anyPath, u" # if 0"_s);
    banned("authenticationRequired", anyPath, u"connect(m, &M::authenticationRequired, f);"_s);
    banned("RepairDB", anyPath, u"leveldb::RepairDB(name, {});"_s);
    banned("behind a literal", anyPath, u"f(\"\\\"\", '\"', 1'000, R\"x(\")x\"); QEventLoop l;"_s);
}

void LayersTest::violationIsReported()
{
    QFETCH(QString, path);
    QFETCH(QString, source);
    QFETCH(QString, report);
    const QStringList violations = violationsOf(path, source);
    QVERIFY2(violations.size() == 1 && violations.first().startsWith(report),
             qPrintable(u"expected: %1\nreported: %2"_s.arg(report, violations.join(u'\n'))));
}

void LayersTest::innocentIsNotReported_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("source");

    const auto row = [](const char *name, const QString &path, const QString &source) {
        QTest::newRow(name) << path << source;
    };
    row("own folder", u"core/base/a.cpp"_s, u"#include \"core/base/a.h\""_s);
    row("downwards", u"core/monitor/a.cpp"_s, u"#include \"core/backup/verify.h\""_s);
    row("ctl to core", u"app/ctl/a.cpp"_s, u"#include \"core/engine/api.h\""_s);
    row("ui to ui", u"ui/pages/a.cpp"_s, u"#include \"ui/models/b.h\"\n#include <QWidget>"_s);
    row("library", u"core/store/a.cpp"_s, u"#include <leveldb/env.h>\n#include <vector>"_s);
    row("generated", u"core/engine/a.cpp"_s, u"#include \"a.moc\""_s);
    row("posix", u"core/base/file_posix.cpp"_s, u"#include <unistd.h>\n#include <sys/stat.h>"_s);
    row("windows", u"core/base/file_win.cpp"_s, u"#include <windows.h>"_s);
    row("transport", u"core/couch/networktransport.cpp"_s, u"QNetworkAccessManager m;"_s);
    row("JSON of ours", u"core/backup/a.cpp"_s, u"QJsonDocument d;"_s);
    row("QtCore", u"core/engine/a.h"_s, u"#include <QFuture>\n#include <semaphore>"_s);
    row("part of std", u"core/base/a.cpp"_s, u"using namespace std::chrono;"_s);
    row("line comment", u"core/base/a.h"_s, u"// not QSaveFile\n//#include \"ui/b.h\""_s);
    row("block comment", u"core/base/a.h"_s, u"/* QEventLoop\n#include \"ui/b.h\"\n#if 0 */"_s);
    row("literal", u"core/base/a.h"_s, u"f(\"system(\", 'x', R\"(popen( \" QSaveFile)\");"_s);
    row("other system()", u"core/base/a.h"_s, u"QRandomGenerator::system()->generate();"_s);
    row("part of a word", u"core/base/a.h"_s,
        u"std::system_error(e); fileSystem(x); my_popen(x);"_s);
}

void LayersTest::innocentIsNotReported()
{
    QFETCH(QString, path);
    QFETCH(QString, source);
    const QStringList violations = violationsOf(path, source);
    QVERIFY2(violations.isEmpty(), qPrintable(violations.join(u'\n')));
}

QTEST_GUILESS_MAIN(LayersTest)

#include "layers_test.moc"
