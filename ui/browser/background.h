#pragma once

#include <QObject>
#include <QThreadPool>

#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

namespace browser {

/// Work that must not hold up the screen, in threads of its own. What it finds comes back to
/// the thread of this object; of work that was stopped nothing comes back. Destroying it stops
/// everything and waits.
class Background : public QObject
{
    Q_OBJECT

public:
    explicit Background(QObject *parent = nullptr);
    ~Background() override;

    /// One piece of work; stopping it, or beginning another in its place, is for the owner's
    /// thread.
    class Task
    {
    public:
        void stop()
        {
            m_source.request_stop();
            *m_isRunning = false;
        }
        [[nodiscard]] bool isRunning() const { return *m_isRunning; }

    private:
        friend class Background;
        std::stop_source m_source;
        std::shared_ptr<bool> m_isRunning = std::make_shared<bool>(false);
    };

    /// What the work calls from its thread to tell the owner something on the way.
    using Post = std::function<void(std::function<void()>)>;

    /// Stops `task` and begins this in its place: `work(token, post)` there, `done(value)` here.
    template <typename Work, typename Done>
    void start(Task &task, Work work, Done done)
    {
        task.stop();
        task = Task();
        *task.m_isRunning = true;
        remember(task.m_source);
        m_pool.start([this, task, work = std::move(work), done = std::move(done)] {
            const std::stop_token token = task.m_source.get_token();
            const Post post = [this, token](std::function<void()> tell) {
                bring(token, std::move(tell));
            };
            auto value = std::make_shared<decltype(work(token, post))>(work(token, post));
            bring(token, [task, done, value] {
                *task.m_isRunning = false;
                done(std::move(*value));
            });
        });
    }

private:
    void remember(const std::stop_source &source);
    void bring(const std::stop_token &token, std::function<void()> tell);

    QThreadPool m_pool;
    std::vector<std::stop_source> m_sources;
};

} // namespace browser
