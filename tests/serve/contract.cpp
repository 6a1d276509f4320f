#include "tests/serve/contract.h"

#include "tests/serve/rawclient.h"

#include <QDeadlineTimer>
#include <QFile>
#include <QRegularExpression>

using namespace Qt::StringLiterals;

namespace servetesting {

namespace {

const QString kDatabase = u"fm_contract"_s;
const QString kDivider = u"\n%%\n"_s;

/// The headers that clients look at.
const QStringList kHeaders{
    u"Accept-Ranges"_s, u"Allow"_s, u"Cache-Control"_s, u"Content-Encoding"_s, u"Content-Range"_s,
    u"Content-Type"_s,  u"ETag"_s,  u"Location"_s,      u"Retry-After"_s,      u"Set-Cookie"_s};

struct Blank {
    QString pattern;
    QString instead;
};

/// What two servers never have in common.
const QList<Blank> kBlanks{
    {u"\"(seq|last_seq|update_seq)\":\"(\\d+)-[^\"]*\""_s, u"\"\\1\":\"\\2-*\""_s},
    {u"\"purge_seq\":\"(\\d+)-[^\"]*\""_s, u"\"purge_seq\":\"\\1-*\""_s},
    {u"\nid: \"(\\d+)-[^\"]*\""_s, u"\nid: \"\\1-*\""_s},
    {u"\"instance_start_time\":\"\\d+\""_s, u"\"instance_start_time\":\"*\""_s},
    {u"\"sizes\":\\{[^}]*\\}"_s, u"\"sizes\":{}"_s},
    {u"(\"version\":\"[^\"]*\").*\\}"_s, u"\\1}"_s},
    {u"\"uuids\":\\[\"[0-9a-f]{32}\",\"[0-9a-f]{32}\"\\]"_s, u"\"uuids\":[*,*]"_s},
    {u",\"ref\":\\d+"_s, u""_s},
    {u"\"(id|key)\":\"[0-9a-f]{32}\""_s, u"\"\\1\":\"*\""_s},
    {u"\"_id\":\"[0-9a-f]{32}\""_s, u"\"_id\":\"*\""_s},
    {u"Location: http://[^/]+/"_s, u"Location: http://HOST/"_s},
    {u"/[0-9a-f]{32}\n"_s, u"/*\n"_s},
    {u"AuthSession=[^\n]*"_s, u"AuthSession=*"_s},
    // Of replications; the revision of a document depends on the addresses in it,
    // and on how often it was there before.
    {u"http://[^/\"]*127\\.0\\.0\\.1:\\d{3,}/"_s, u"http://HOST/"_s},
    {u"\"node\":\"[^\"]*\""_s, u"\"node\":\"*\""_s},
    {u"\"pid\":\"<[^\"]*>\""_s, u"\"pid\":\"*\""_s},
    {u"\"(start_time|last_updated|timestamp|_replication_state_time)\":\"[^\"]*\""_s,
     u"\"\\1\":\"*\""_s},
    {u"\"(started_on|updated_on)\":\\d+"_s, u"\"\\1\":0"_s},
    {u"\"(checkpointed_source_seq|source_seq|through_seq)\":\"(\\d+)-[^\"]*\""_s,
     u"\"\\1\":\"\\2-*\""_s},
    {u"shards/[0-9a-f]+-[0-9a-f]+/_replicator\\.\\d+"_s, u"shards/*/_replicator.*"_s},
    {u"[0-9a-f]{32}(\\+continuous|\\+create_target)"_s, u"*\\1"_s},
    {u"(\"id\":\"fm_[a-z]*\",\"rev\"|\"_id\":\"fm_[a-z]*\",\"_rev\"):\"\\d+-[^\"]*\""_s,
     u"\\1:\"*\""_s},
    // ETags of lists and _local documents are the server's own.
    {u"ETag: \"[0-9A-Z]{20,}\"\n"_s, u""_s},
    {u"ETag: \"[0-9a-f]{25}\"\n"_s, u""_s},
};

QString withoutBoundaries(QString text)
{
    static const QRegularExpression boundary(u"boundary=\"?([^\"\\s;\u240d]+)\"?"_s);
    QStringList found;
    for (auto matches = boundary.globalMatch(text); matches.hasNext();)
        found += matches.next().captured(1);
    for (const QString &one : std::as_const(found)) {
        if (one != u"zz")
            text.replace(one, u"BOUNDARY"_s);
    }
    return text;
}

/// Bytes as one can read them in a text file.
QString readable(const std::string &bytes)
{
    const QString asText = QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size()));
    const bool isText = !asText.contains(QChar::ReplacementCharacter) && !asText.contains(QChar(0));
    QString out =
        isText ? asText : QString::fromLatin1(bytes.data(), static_cast<qsizetype>(bytes.size()));
    out.replace(u"\r\n"_s, u"\u240d\n"_s);
    QString escaped;
    for (const QChar c : std::as_const(out)) {
        const bool isControl = c.unicode() < 32 && c != u'\n';
        if (isControl || (!isText && c.unicode() > 126 && c.unicode() < 256))
            escaped += u"\\x%1"_s.arg(int(c.unicode()), 2, 16, QChar(u'0'));
        else
            escaped += c;
    }
    return escaped;
}

QString comparable(const RawAnswer &answer)
{
    QString text = u"%1\n"_s.arg(answer.status);
    text += answer.isChunked ? u"in chunks\n"_s : u"with its length\n"_s;
    for (const QString &name : kHeaders) {
        const std::string value = answer.header(name.toStdString());
        if (!value.empty())
            text += name + u": "_s + QString::fromStdString(value) + u'\n';
    }
    text += u'\n' + readable(answer.body);
    if (!answer.isWhole)
        text += u"\n(not whole)"_s;
    text = withoutBoundaries(text);
    for (const Blank &blank : kBlanks)
        text.replace(QRegularExpression(blank.pattern), blank.instead);
    static const QRegularExpression ofReplicator(u"\"_?id\":\"fm_"_s);
    if (text.contains(ofReplicator))
        text.replace(QRegularExpression(u"ETag: \"\\d+-[0-9a-f]{32}\""_s), u"ETag: \"*\""_s);
    return text;
}

/// One line of the file, ready to be sent.
struct Step {
    std::string method, target, body;
    std::vector<std::string> headers;
};

Step stepOf(QString line, const Contract::Server &server,
            const std::map<QString, QString> &revisions)
{
    for (const auto &[id, rev] : revisions)
        line.replace(u"${"_s + id + u'}', rev);
    // An end of a replication: END(database).
    static const QRegularExpression end(u"END\\((\\w+)\\)"_s);
    line.replace(
        end,
        u"{\"url\":\"http://%1:%2/\\1\",\"auth\":{\"basic\":{\"username\":\"%3\",\"password\":\"%4\"}}}"_s
            .arg(server.host, QString::number(server.port), QString::fromStdString(server.user),
                 QString::fromStdString(server.password)));
    line.replace(u"DB"_s, kDatabase);
    const qsizetype bodyAt = line.indexOf(u" || "_s);
    QString head = bodyAt < 0 ? line : line.left(bodyAt);
    Step step;
    if (bodyAt >= 0)
        step.body = line.mid(bodyAt + 4).replace(u"\\r\\n"_s, u"\r\n"_s).toStdString();
    QStringList fields = head.split(u" | "_s);
    const QStringList words = fields.takeFirst().split(u' ');
    step.method = words.value(0).toStdString();
    for (const QChar c : words.value(1)) {
        // JSON in a query is written as it is, and sent encoded.
        const bool isPlain = c.unicode() < 128 && !u"\"[]{} "_s.contains(c);
        step.target += isPlain ? QString(c).toStdString()
                               : QString(c).toUtf8().toPercentEncoding().toStdString();
    }
    std::string authorization = basic(server.user, server.password);
    bool hasType = false;
    bool hasAccept = false;
    for (const QString &field : std::as_const(fields)) {
        if (field == u"Authorization: none"_s)
            authorization.clear();
        else if (field == u"Authorization: wrong"_s)
            authorization = basic("eve", "wrong");
        else
            step.headers.push_back(field.toStdString());
        hasType = hasType || field.startsWith(u"Content-Type:"_s);
        hasAccept = hasAccept || field.startsWith(u"Accept:"_s);
    }
    if (!authorization.empty())
        step.headers.push_back(authorization);
    if (!hasType && !step.body.empty())
        step.headers.emplace_back("Content-Type: application/json");
    if (!hasAccept)
        step.headers.emplace_back("Accept: */*");
    return step;
}

void rememberRevisions(const std::string &body, std::map<QString, QString> &revisions)
{
    static const QRegularExpression told(
        u"\"(?:ok\":true,\"id|_id)\":\"([^\"]*)\",\"_?rev\":\"([^\"]*)\""_s);
    for (auto matches = told.globalMatch(QString::fromStdString(body)); matches.hasNext();) {
        const auto match = matches.next();
        revisions[match.captured(1)] = match.captured(2);
    }
}

/// "WAIT target text": asks until the answer holds the text, which is then the answer. What a
/// replicator does takes its time; the request costs some, so that this is no busy loop for long.
QString waitFor(const QString &line, const Contract::Server &server,
                const std::map<QString, QString> &revisions)
{
    const QString target = line.section(u' ', 1, 1);
    const QString wanted = line.section(u' ', 2);
    const QDeadlineTimer deadline(30'000);
    while (!deadline.hasExpired()) {
        const Step step = stepOf(u"GET "_s + target, server, revisions);
        RawClient client(server.port, server.host);
        if (readable(client.ask(step.method, step.target, {}, step.headers).body).contains(wanted))
            return wanted;
    }
    return u"(it did not come)"_s;
}

} // namespace

Contract::Answers Contract::run(const Server &server)
{
    QFile file(QStringLiteral(FM_SOURCE_DIR "/tests/data/couchdb/contract/requests.txt"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QStringList lines = QString::fromUtf8(file.readAll()).split(u'\n');
    for (const char *behind : {"", "_copy", "_live"})
        (void)RawClient(server.port, server.host)
            .ask("DELETE", '/' + kDatabase.toStdString() + behind, {},
                 {basic(server.user, server.password)});
    Answers answers;
    std::map<QString, QString> revisions;
    for (const QString &line : lines) {
        if (line.isEmpty() || line.startsWith(u'#'))
            continue;
        if (line.startsWith(u"WAIT "_s)) {
            answers.push_back({line, waitFor(line, server, revisions)});
            continue;
        }
        const Step step = stepOf(line, server, revisions);
        RawClient client(server.port, server.host);
        const RawAnswer answer = client.ask(step.method, step.target, step.body, step.headers);
        rememberRevisions(answer.body, revisions);
        answers.push_back({line, comparable(answer)});
    }
    return answers;
}

Contract::Answers Contract::readAnswers(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    Answers answers;
    for (const QString &block :
         QString::fromUtf8(file.readAll()).split(kDivider, Qt::SkipEmptyParts)) {
        const qsizetype end = block.indexOf(u'\n');
        answers.push_back({block.left(end), block.mid(end + 1)});
    }
    return answers;
}

bool Contract::writeAnswers(const QString &path, const Answers &answers)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        return false;
    for (const Answer &answer : answers)
        file.write((answer.request + u'\n' + answer.text + kDivider).toUtf8());
    return file.flush();
}

} // namespace servetesting
