#pragma once

#include <QString>

#include <string>
#include <vector>

namespace servetesting {

/// The requests of tests/data/couchdb/contract/requests.txt, put to a server, and its answers in a
/// form that can be compared: status, the headers that clients look at, the body; what differs from
/// server to server and from day to day is taken out.
class Contract
{
public:
    struct Server {
        quint16 port = 0;
        QString host;
        std::string user, password;
    };
    struct Answer {
        QString request; ///< the line
        QString text;
    };
    using Answers = std::vector<Answer>;

    /// All requests in their order; the database that they use is deleted before.
    [[nodiscard]] static Answers run(const Server &server);
    [[nodiscard]] static Answers readAnswers(const QString &file);
    [[nodiscard]] static bool writeAnswers(const QString &file, const Answers &answers);
};

} // namespace servetesting
