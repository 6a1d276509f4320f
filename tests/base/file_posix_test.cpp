#include "core/base/file.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#include <sys/mount.h>
#endif

using namespace base;

namespace {

class UmaskGuard
{
public:
    explicit UmaskGuard(mode_t mask)
        : m_before(::umask(mask))
    {
    }
    ~UmaskGuard() { ::umask(m_before); }
    UmaskGuard(const UmaskGuard &) = delete;
    UmaskGuard &operator=(const UmaskGuard &) = delete;

private:
    mode_t m_before;
};

int modeOf(const fs::path &path)
{
    struct stat status = {};
    return ::lstat(path.c_str(), &status) == 0 ? static_cast<int>(status.st_mode & 07777) : -1;
}

std::string contentOf(const fs::path &path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void put(const fs::path &path, std::string_view bytes)
{
    std::ofstream(path, std::ios::binary) << bytes;
}

/// What a child process did: its text came through a pipe, which it closed or died with.
struct ChildReport {
    std::string text;
    int status = 0;
};

/// Runs `work` in a child; what it returns is its report.
ChildReport inChild(const std::function<std::string()> &work)
{
    ChildReport report;
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0)
        return report;
    const pid_t child = ::fork();
    if (child == 0) {
        const std::string text = work();
        const bool told =
            ::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
        ::_exit(told ? 0 : 1);
    }
    ::close(ends[1]);
    std::array<char, 4096> piece{};
    for (ssize_t got = 0; (got = ::read(ends[0], piece.data(), piece.size())) > 0;)
        report.text.append(piece.data(), static_cast<size_t>(got));
    ::close(ends[0]);
    ::waitpid(child, &report.status, 0);
    return report;
}

/// A child that holds a lock until it is killed.
class LockHolder
{
public:
    explicit LockHolder(const fs::path &lockFile)
    {
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) != 0)
            return;
        m_child = ::fork();
        if (m_child == 0) {
            const auto lock = FolderLock::take(lockFile);
            const char answer = lock ? 'y' : 'n';
            static_cast<void>(::write(ends[1], &answer, 1) == 1);
            while (true)
                ::pause();
        }
        ::close(ends[1]);
        char answer = 0;
        m_holds = ::read(ends[0], &answer, 1) == 1 && answer == 'y';
        ::close(ends[0]);
    }
    ~LockHolder() { kill(); }
    LockHolder(const LockHolder &) = delete;
    LockHolder &operator=(const LockHolder &) = delete;

    [[nodiscard]] bool holds() const { return m_holds; }
    [[nodiscard]] pid_t process() const { return m_child; }
    void kill()
    {
        if (m_child <= 0)
            return;
        ::kill(m_child, SIGKILL);
        ::waitpid(m_child, nullptr, 0);
        m_child = 0;
    }

private:
    pid_t m_child = 0;
    bool m_holds = false;
};

} // namespace

class FilePosixTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void init();
    void cleanup() { m_temporary.reset(); }

    void modesWhateverTheUmask_data();
    void modesWhateverTheUmask();
    void createFollowsNoLink_data();
    void createFollowsNoLink();
    void atomicWriteReplacesALink();
    void atomicWriteFollowsNoPlantedLink();
    void removeTreeFollowsNoLink();
    void makeFolderAtADanglingLink();
    void openReadOfAPipeDoesNotWait();
    void secondHolderIsRefused();
    void deathReleasesTheLock();
    void releasedLockIsTakenAgain();
    void lockFollowsNoLink();
    void lockWithoutFolder();
    void aDiskThatIsReallyFull();

private:
    [[nodiscard]] fs::path path(const char *name) const { return m_folder / name; }

    std::unique_ptr<QTemporaryDir> m_temporary;
    fs::path m_folder;
};

void FilePosixTest::init()
{
    m_temporary = std::make_unique<QTemporaryDir>();
    QVERIFY(m_temporary->isValid());
    m_folder = fromUtf8(m_temporary->path().toStdString());
}

void FilePosixTest::modesWhateverTheUmask_data()
{
    QTest::addColumn<int>("mask");
    QTest::newRow("000") << 0000;
    QTest::newRow("022") << 0022;
    QTest::newRow("077") << 0077;
    QTest::newRow("777, which takes even our own rights") << 0777;
}

void FilePosixTest::modesWhateverTheUmask()
{
    QFETCH(int, mask);
    const UmaskGuard guard(static_cast<mode_t>(mask));
    QVERIFY(File::create(path("file")));
    QCOMPARE(modeOf(path("file")), 0600);
    QVERIFY(makeFolder(path("a") / "b"));
    QCOMPARE(modeOf(path("a")), 0700);
    QCOMPARE(modeOf(path("a") / "b"), 0700);
    QVERIFY(writeFileAtomically(path("a") / "b" / "c", "x"));
    QCOMPARE(modeOf(path("a") / "b" / "c"), 0600);
}

void FilePosixTest::createFollowsNoLink_data()
{
    QTest::addColumn<bool>("dangling");
    QTest::newRow("a link to a file") << false;
    QTest::newRow("a link to nothing") << true;
}

void FilePosixTest::createFollowsNoLink()
{
    QFETCH(bool, dangling);
    if (!dangling)
        put(path("target"), "precious");
    fs::create_symlink(path("target"), path("link"));
    const auto file = File::create(path("link"));
    QVERIFY(!file);
    QCOMPARE(file.error().kind, ErrorKind::Conflict);
    QCOMPARE(fs::exists(path("target")), !dangling);
    QCOMPARE(contentOf(path("target")), dangling ? std::string() : std::string("precious"));
}

void FilePosixTest::atomicWriteReplacesALink()
{
    put(path("target"), "precious");
    fs::create_symlink(path("target"), path("a"));
    QVERIFY(writeFileAtomically(path("a"), "new"));
    QVERIFY(!fs::is_symlink(path("a")));
    QCOMPARE(contentOf(path("a")), std::string("new"));
    QCOMPARE(contentOf(path("target")), std::string("precious"));
}

void FilePosixTest::atomicWriteFollowsNoPlantedLink()
{
    put(path("target"), "precious");
    fs::create_symlink(path("target"), path("a.new"));
    QVERIFY(writeFileAtomically(path("a"), "new"));
    QCOMPARE(contentOf(path("target")), std::string("precious"));
    QVERIFY(!fs::is_symlink(path("a")));
    QVERIFY(!fs::exists(fs::symlink_status(path("a.new"))));
}

void FilePosixTest::removeTreeFollowsNoLink()
{
    fs::create_directory(path("outside"));
    put(path("outside") / "a", "precious");
    fs::create_directory(path("tree"));
    fs::create_directory_symlink(path("outside"), path("tree") / "link");
    QVERIFY(removeTree(path("tree")));
    QVERIFY(!fs::exists(path("tree")));
    fs::create_directory_symlink(path("outside"), path("link"));
    QVERIFY(removeTree(path("link")));
    QVERIFY(!fs::exists(fs::symlink_status(path("link"))));
    QCOMPARE(contentOf(path("outside") / "a"), std::string("precious"));
}

// It said yes, because mkdir() says "exists".
void FilePosixTest::makeFolderAtADanglingLink()
{
    fs::create_symlink(path("nothing"), path("link"));
    const Status made = makeFolder(path("link"));
    QVERIFY(!made);
    QCOMPARE(made.error().kind, ErrorKind::Conflict);
    QVERIFY(!makeFolder(path("link") / "a"));
    fs::create_directory(path("folder"));
    fs::create_directory_symlink(path("folder"), path("good"));
    QVERIFY(makeFolder(path("good") / "a")); // a link to a folder is a folder
    QVERIFY(fs::is_directory(path("folder") / "a"));
}

void FilePosixTest::openReadOfAPipeDoesNotWait()
{
    QCOMPARE(::mkfifo(path("pipe").c_str(), 0600), 0);
    const auto file = File::openRead(path("pipe"));
    QVERIFY(!file);
    QVERIFY(file.error().message.endsWith(
        QStringLiteral("/pipe could not be opened: it is not a file.")));
}

void FilePosixTest::secondHolderIsRefused()
{
    const auto first = FolderLock::take(path("lock"));
    QVERIFY(first);
    QCOMPARE(modeOf(path("lock")), 0600);
    const auto second = FolderLock::take(path("lock"));
    QVERIFY(!second);
    QCOMPARE(second.error().kind, ErrorKind::Locked);
    const QString message = second.error().message;
    static const QRegularExpression sentence(
        QStringLiteral("^The backup folder .+ is in use by process (\\d+) on \\S+ since "
                       "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ\\. Nothing was done\\.$"));
    const auto match = sentence.match(message);
    QVERIFY2(match.hasMatch(), qPrintable(message));
    QCOMPARE(match.captured(1).toLongLong(), qint64{::getpid()});
    QVERIFY(message.contains(m_temporary->path()));
    // Refusing leaves the holder's text as it is.
    const auto third = FolderLock::take(path("lock"));
    QVERIFY(!third);
    QCOMPARE(third.error().message, message);
}

void FilePosixTest::deathReleasesTheLock()
{
    LockHolder holder(path("lock"));
    QVERIFY(holder.holds());
    const auto refused = FolderLock::take(path("lock"));
    QVERIFY(!refused);
    QCOMPARE(refused.error().kind, ErrorKind::Locked);
    QVERIFY(
        refused.error().message.contains(QStringLiteral("process %1 on ").arg(holder.process())));
    holder.kill();
    QVERIFY(FolderLock::take(path("lock")));
}

void FilePosixTest::releasedLockIsTakenAgain()
{
    put(path("lock"), std::string(300, 'x')); // what an older version left there
    for (int i = 0; i < 3; ++i) {
        const auto lock = FolderLock::take(path("lock"));
        QVERIFY(lock);
        QVERIFY(
            contentOf(path("lock")).starts_with("process " + std::to_string(::getpid()) + " on "));
        QVERIFY(contentOf(path("lock")).find('x', 60) == std::string::npos);
    }
}

void FilePosixTest::lockFollowsNoLink()
{
    put(path("target"), "precious");
    fs::create_symlink(path("target"), path("lock"));
    QVERIFY(!FolderLock::take(path("lock")));
    QCOMPARE(contentOf(path("target")), std::string("precious"));
}

void FilePosixTest::lockWithoutFolder()
{
    const auto lock = FolderLock::take(path("no") / "lock");
    QVERIFY(!lock);
    QCOMPARE(lock.error().kind, ErrorKind::NotFound);
}

#ifdef __linux__
namespace {

/// In a name space of this process alone, so that nothing stays mounted; as any user where the
/// system allows that.
bool mountSmallDisk(const fs::path &folder)
{
    const bool isOwnSpace =
        ::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
    return isOwnSpace && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0
        && ::mount("small", folder.c_str(), "tmpfs", 0, "size=64k,mode=700") == 0;
}

std::string fillTheDisk(const fs::path &folder)
{
    if (!mountSmallDisk(folder))
        return "no mount";
    const fs::path target = folder / "state.json";
    if (!writeFileAtomically(target, "old"))
        return "the first write failed";
    const std::string large(200'000, 'x');
    const Status tooLarge = writeFileAtomically(target, large);
    if (tooLarge || tooLarge.error().kind != ErrorKind::NoSpace)
        return "a file larger than the disk was not refused";
    if (!tooLarge.error().message.startsWith(QStringLiteral("The disk is full: ")))
        return "the message does not say that the disk is full";
    if (contentOf(target) != "old" || fs::exists(folder / "state.json.new"))
        return "the old file or a leftover is not as it was";
    put(folder / "filler", large); // to the last byte
    if (contentOf(target) != "old" || bool(writeFileAtomically(target, std::string(5000, 'y'))))
        return "a write on the full disk was not refused";
    if (contentOf(target) != "old" || fs::exists(folder / "state.json.new"))
        return "the old file or a leftover is not as it was on the full disk";
    fs::remove(folder / "filler");
    if (!writeFileAtomically(target, std::string(5000, 'y'))
        || contentOf(target) != std::string(5000, 'y'))
        return "it does not go on when there is space again";
    return "good";
}

} // namespace

void FilePosixTest::aDiskThatIsReallyFull()
{
    const ChildReport report = inChild([this] { return fillTheDisk(m_folder); });
    QCOMPARE(report.status, 0);
    if (report.text == "no mount") {
        qInfo(
            "No file system may be mounted here; the injected faults of file_test stand for a full disk.");
        return;
    }
    QCOMPARE(report.text, std::string("good"));
}
#else
void FilePosixTest::aDiskThatIsReallyFull()
{
    qInfo(
        "Only Linux mounts a small disk for a test; the injected faults of file_test stand for a full disk.");
}
#endif

QTEST_GUILESS_MAIN(FilePosixTest)

#include "file_posix_test.moc"
