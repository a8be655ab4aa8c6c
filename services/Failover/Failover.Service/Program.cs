using Holdfast.Failover.Service;
using Holdfast.Hosting;

return await HoldfastProgram.RunAsync(() =>
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddHoldfastDefaults("failover");
    builder.AddHoldfastBus();
    builder.AddFailover();
    var app = builder.Build();
    app.MapHoldfastDefaults();
    app.MapFailover();
    return app;
});
